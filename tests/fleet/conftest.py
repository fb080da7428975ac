import pytest

from tests.support import databases
from tests.support.fleet.stores import new_schema


@pytest.fixture(scope="session")
def postgres(servers):
    """The connection string of a server for all tests."""
    return servers["postgres"]


@pytest.fixture
def database(postgres):
    """The connection string of an empty schema."""
    return new_schema(postgres)


@pytest.fixture(scope="session")
def temporal_server():
    """The address of a server of Temporal for all tests."""
    with databases.temporal_server() as address:
        yield address


@pytest.fixture
def anyio_backend():
    """The drivers and engines of a fleet support only asyncio."""
    return "asyncio"
