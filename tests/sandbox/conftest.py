import pytest

from financial_connections.sandbox import Sandbox


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


@pytest.fixture
def sandbox():
    return Sandbox(seed=1)
