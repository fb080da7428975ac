"""A limit on requests per second, shared by a client and its derived clients."""

import anyio


class RateLimiter:
    """Issues at most `per_second` permits in any second, evenly spaced, in the order in
    which they were asked for.
    """

    def __init__(self, per_second: float) -> None:
        self._spacing = 1 / per_second
        self._lock = anyio.Lock(fast_acquire=True)
        self._free_at = 0.0

    async def wait(self) -> None:
        """Return when the caller has a permit. A caller that is cancelled while it
        waits takes none.
        """
        # The lock is the queue: it is fair, and those who wait in it have not been
        # promised a moment yet.
        async with self._lock:
            now = anyio.current_time()
            if now < self._free_at:
                await anyio.sleep(self._free_at - now)
                # Read again: a busy event loop wakes late, and what it missed must not
                # be made up for by a burst.
                now = max(anyio.current_time(), self._free_at)
            self._free_at = now + self._spacing
