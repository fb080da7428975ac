import pytest

from tests.support.databases import postgres_server
from tests.support.fleet.stores import new_database


@pytest.fixture(scope="session")
def postgres():
    """The connection string of a server for all tests."""
    with postgres_server() as conninfo:
        yield conninfo


@pytest.fixture
def database(postgres):
    """The connection string of an empty database."""
    return new_database(postgres)


@pytest.fixture
def anyio_backend():
    """The drivers and engines of a fleet support only asyncio."""
    return "asyncio"
