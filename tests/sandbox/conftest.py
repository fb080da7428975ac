import pytest

from financial_connections.sandbox import Sandbox


@pytest.fixture
def sandbox():
    return Sandbox(seed=1)
