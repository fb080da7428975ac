import pytest

from financial_connections.sandbox import Clock, Sandbox
from tests.support import web


@pytest.fixture
def anyio_backend():
    """uvicorn runs the application on asyncio."""
    return "asyncio"


@pytest.fixture
def database_url(tmp_path):
    return f"sqlite:///{tmp_path / 'web.db'}"


@pytest.fixture
def sandbox():
    """A sandbox that sends both kinds of events, each of them twice."""
    sandbox = Sandbox(clock=Clock.system())
    for kind in ("snapshot", "thin"):
        sandbox.add_webhook(
            web.WEBHOOK, secret=web.SECRET, event_payload=kind, duplicated=True
        )
    return sandbox
