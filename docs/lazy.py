"""An extension of griffe that finds names which modules load on first use.

Such names are imported for type checkers only, and griffe would ignore them.
"""
# ruff: noqa: INP001 - griffe loads it by its path

from typing import Any

import griffe


class LazyNames(griffe.Extension):
    """Treats names that are imported for type checkers like other imports."""

    def on_alias_instance(self, *, alias: griffe.Alias, **_: Any) -> None:
        """Say that the name exists at run time."""
        alias.runtime = True
