"""A virtual clock."""

import anyio
import pytest


@pytest.fixture
def clock(monkeypatch):
    """A clock that advances only while the code under test sleeps."""

    class Clock:
        now = 1000.0

    async def sleep(seconds):
        await anyio.lowlevel.checkpoint()
        Clock.now += seconds

    monkeypatch.setattr(anyio, "sleep", sleep)
    monkeypatch.setattr(anyio, "current_time", lambda: Clock.now)
    return Clock
