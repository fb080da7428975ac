"""Fixtures that the long tests share with others."""

from tests.cli.conftest import many  # noqa: F401
from tests.webhooks.stores.conftest import servers  # noqa: F401
