"""A limit on requests per second, shared by all that use it."""

import anyio


class RateLimiter:
    """Lets at most `per_second` through each second, evenly spaced, in the order in which they came."""

    def __init__(self, per_second: float) -> None:
        self._spacing = 1 / per_second
        self._lock = anyio.Lock(fast_acquire=True)
        self._free_at = 0.0

    async def wait(self) -> None:
        """Return when it is the caller's turn. One who is cancelled while waiting takes no turn."""
        # The lock is the queue: it is fair, and whoever waits in it has not been promised a moment yet.
        async with self._lock:
            now = anyio.current_time()
            if now < self._free_at:
                await anyio.sleep(self._free_at - now)
            self._free_at = max(now, self._free_at) + self._spacing
