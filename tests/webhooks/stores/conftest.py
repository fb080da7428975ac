"""Fixtures for event store tests: database servers, and each kind of store."""

from contextlib import ExitStack

import pytest

from tests.support.event_stores import STORES, Servers, open_backend


@pytest.fixture(scope="session")
def servers():
    """Addresses of the database servers, by store name."""
    with ExitStack() as stack:
        yield Servers(stack)


@pytest.fixture(params=STORES)
def backend(request, servers, tmp_path):
    """The database and clock of each kind of store in turn."""
    with open_backend(request.param, servers, tmp_path) as backend:
        yield backend
