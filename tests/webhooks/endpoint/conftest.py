"""Fixtures for endpoint tests: event loops whose clock a test can advance."""

import asyncio

import anyio
import pytest
from trio.testing import MockClock


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    if request.param == "trio":
        return "trio", {"clock": MockClock()}
    return "asyncio"


@pytest.fixture
def jump(anyio_backend, monkeypatch):
    """A function that advances the clock of the event loop and then waits forever."""

    async def jump(seconds):
        if anyio_backend == "asyncio":
            loop = asyncio.get_running_loop()
            now = loop.time
            monkeypatch.setattr(loop, "time", lambda: now() + seconds)
        else:
            anyio_backend[1]["clock"].jump(seconds)
        await anyio.sleep_forever()

    return jump
