"""A set of requests that share adaptive limits, and the queue in which they wait."""

import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
from attrs import define, field

from financial_connections._rate_limits.concurrency import AdaptiveConcurrency
from financial_connections._rate_limits.rate import AdaptiveRate

_MIN_IDLE_SECONDS = 60.0


@define(eq=False)
class Scope:
    """A set of requests that share limits: those to an endpoint, or of an account."""

    rate: AdaptiveRate
    concurrency: AdaptiveConcurrency = field(factory=AdaptiveConcurrency, init=False)
    waiting: int = field(default=0, init=False)
    """Number of requests in the queue."""
    used_at: float = field(default=-math.inf, init=False)
    """Time of the last request, or at which the scope was created."""
    _queue: anyio.Lock = field(
        factory=lambda: anyio.Lock(fast_acquire=True), init=False
    )
    _released: anyio.Event | None = field(default=None, init=False)

    def take(self, now: float) -> bool:
        """Take a permit, and return whether there was one.

        Args:
            now: Current time.
        """
        concurrency = self.concurrency
        if concurrency.running + 1 > concurrency.limit or not self.rate.take(now):
            return False
        concurrency.running += 1
        self.used_at = now
        return True

    def has_room(self, now: float) -> bool:
        """Return whether two permits are available, and nobody waits for them.

        Args:
            now: Current time.
        """
        concurrency = self.concurrency
        return (
            not self.waiting
            and concurrency.running + 2 <= concurrency.limit
            and self.rate.has_room(now)
        )

    @asynccontextmanager
    async def head_of_queue(self) -> AsyncGenerator[None, None]:
        """Wait for earlier requests, and make later ones wait until the block ends."""
        self.waiting += 1
        try:
            async with self._queue:
                yield
        finally:
            self.waiting -= 1

    async def wait(self, now: float) -> float:
        """Wait until a permit is available. Call it at the head of the queue.

        Args:
            now: Current time.

        Returns:
            The new time.
        """
        # Check again after each wait, because a 429 may have extended it.
        while (ready_at := self._ready_at(now)) > now:
            now = await self._wait_until(ready_at, now)
        return now

    def release(self, *, unused: bool = False) -> None:
        """Return a permit.

        Args:
            unused: True if no request was sent.
        """
        self.concurrency.running -= 1
        if unused:
            self.rate.put_back()
        if self._released is not None:
            self._released.set()

    def is_idle(self, now: float) -> bool:
        """Return whether the scope has not been used for long enough to forget it."""
        return (
            not self.concurrency.running
            and not self.waiting
            and now - max(self.used_at, self.rate.paused_until) > _MIN_IDLE_SECONDS
        )

    def _ready_at(self, now: float) -> float:
        """Return the time at which to take a permit; infinity if it is unknown."""
        return math.inf if self.concurrency.is_full else self.rate.ready_at(now)

    async def _wait_until(self, ready_at: float, now: float) -> float:
        """Wait, and return the new time."""
        if ready_at < math.inf:
            await anyio.sleep(ready_at - now)
            # Not earlier, even if a test replaces `sleep` with one that does not wait.
            return max(ready_at, anyio.current_time())
        self._released = anyio.Event()
        await self._released.wait()
        return anyio.current_time()
