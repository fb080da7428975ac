"""Every coroutine test runs on asyncio and on trio."""

import anyio
import pytest
from hypothesis import settings

settings.register_profile("project", deadline=None, print_blob=True)
settings.load_profile("project")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


@pytest.fixture(autouse=True)
def _no_key_from_outside(monkeypatch):
    monkeypatch.delenv("STRIPE_API_KEY", raising=False)


@pytest.fixture
def no_waiting(monkeypatch):
    """Backing off takes no time; the list is of the seconds that it would have taken."""
    waited = []

    async def sleep(seconds):
        waited.append(seconds)
        await anyio.lowlevel.checkpoint()

    monkeypatch.setattr(anyio, "sleep", sleep)
    return waited
