"""A virtual clock."""

import anyio
import pytest

from financial_connections._rate_limits import adaptive


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
    monkeypatch.setattr(adaptive, "loop_clock", lambda: anyio.current_time)
    return Clock
