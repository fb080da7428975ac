"""Fixtures shared with other test packages."""

from tests.cli.conftest import many  # noqa: F401
from tests.webhooks.stores.conftest import servers  # noqa: F401
