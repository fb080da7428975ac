"""A fixed limit on requests per second."""

import heapq
import math
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

import anyio

from financial_connections._rate_limits.protocol import RateRequest
from financial_connections.errors import APIResponseError, APIStatusError


class FixedRateLimit:
    """A limit on the requests that a server sees in any period of one second.

    A server counts a request at an unknown time between its start and its response.
    Each permit is therefore reserved from the start until one second after the
    response. An attempt that ends without a response reserves it for another second,
    because the server may still receive the request. Permits are evenly spaced and are
    issued in the order in which they were requested.

    Args:
        per_second: Maximum number of requests per second. A fraction above 1 is rounded
            down, because a second contains no part of a request.
    """

    def __init__(self, per_second: float) -> None:
        self.period = max(1.0, 1 / per_second)
        """Seconds in which at most `count` requests are sent."""
        self.count = max(1, int(per_second))
        self._queue = anyio.Lock(fast_acquire=True)
        self._next_at = 0.0
        self._running = 0
        self._reserved: list[float] = []
        """Heap of the times at which the permits of finished requests expire."""
        self._released: anyio.Event | None = None

    def permit(self, request: RateRequest, /) -> "FixedPermit":  # noqa: ARG002
        """Return a permit for an attempt."""
        return FixedPermit(self)

    async def acquire(self) -> None:
        """Wait for a permit. A cancelled wait takes none."""
        # The lock is a fair queue. Times are reserved only at its head.
        async with self._queue:
            now = anyio.current_time()
            while (ready_at := self._ready_at(now)) > now:
                if ready_at < math.inf:
                    await anyio.sleep(ready_at - now)
                    # Not earlier, even if a test replaces `sleep`.
                    now = max(ready_at, anyio.current_time())
                else:
                    self._released = anyio.Event()
                    await self._released.wait()
                    now = anyio.current_time()
            # A busy event loop wakes up late, and the lost time must not be made up for
            # with a burst.
            self._next_at = now + self.period / self.count
            self._running += 1

    def release(self, *, has_response: bool) -> None:
        """Return a permit.

        Args:
            has_response: True if there was a response.
        """
        self._running -= 1
        periods = 1 if has_response else 2
        heapq.heappush(self._reserved, anyio.current_time() + periods * self.period)
        if self._released is not None:
            self._released.set()

    def _ready_at(self, now: float) -> float:
        """Return the time at which a permit may be free; infinity if it is unknown."""
        while self._reserved and self._reserved[0] <= now:
            heapq.heappop(self._reserved)
        if self._running + len(self._reserved) < self.count:
            return self._next_at
        return self._reserved[0] if self._reserved else math.inf


class FixedPermit(AbstractAsyncContextManager["FixedPermit"]):
    """A permit of `FixedRateLimit` for one attempt.

    Args:
        limit: The limit that issued the permit.
    """

    def __init__(self, limit: FixedRateLimit) -> None:
        self._limit = limit

    async def __aenter__(self) -> Self:
        await self._limit.acquire()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        has_response = error is None or isinstance(
            error, APIStatusError | APIResponseError
        )
        self._limit.release(has_response=has_response)
