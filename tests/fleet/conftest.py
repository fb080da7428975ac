import pytest

from tests.support.databases import postgres_server


@pytest.fixture(scope="session")
def postgres():
    """The connection string of a server, whose databases are for all tests."""
    with postgres_server() as conninfo:
        yield conninfo
