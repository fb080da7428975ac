"""Fixtures shared with other test packages."""

from tests.cli.conftest import many  # noqa: F401
