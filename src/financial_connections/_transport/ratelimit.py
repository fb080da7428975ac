"""A limit on requests per second, shared by a client and its derived clients."""

import anyio


class RateLimiter:
    """Issues evenly spaced permits in the order in which they were requested."""

    def __init__(self, per_second: float) -> None:
        self._spacing = 1 / per_second
        self._lock = anyio.Lock(fast_acquire=True)
        self._next_at = 0.0

    async def wait(self) -> None:
        """Wait for a permit. A caller cancelled while waiting takes none."""
        # The lock is a fair queue in which nobody has reserved a time yet.
        async with self._lock:
            now = anyio.current_time()
            if now < self._next_at:
                await anyio.sleep(self._next_at - now)
                # Read the clock again: a busy event loop wakes up late, and the lost
                # time must not be made up for with a burst.
                now = max(anyio.current_time(), self._next_at)
            self._next_at = now + self._spacing
