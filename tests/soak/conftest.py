"""Fixtures of other tests that the long ones share."""

from tests.cli.conftest import many  # noqa: F401
