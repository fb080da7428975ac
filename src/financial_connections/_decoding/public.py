"""Make generated classes appear to be defined in the public module."""

from typing import Any

_GENERATED = "financial_connections._generated."
PUBLIC = "financial_connections.models"


def publish(cls: Any) -> None:
    """Move a generated class to the public module.

    Pickles refer to classes by module, and must stay readable when generated modules
    are moved.
    """
    if cls.__module__.startswith(_GENERATED):
        # Where the docstrings of its attributes are.
        cls._source_module = cls.__module__
        cls.__module__ = PUBLIC
