"""Event loops whose time passes only while every task waits.

They never sleep, so an hour of backoff takes milliseconds. Sockets and threads do not
work in virtual time.
"""

import asyncio
import random
import selectors

import anyio
from trio.testing import MockClock


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop that jumps to the next timer instead of waiting for it."""

    def __init__(self):
        super().__init__(_Selector(self))
        self._now = 0.0

    def time(self):
        return self._now

    def jump(self, seconds):
        # Because of rounding, the sum may be slightly too early for the timer.
        self._now = max(self._now + seconds, self._scheduled[0].when())


class _Selector(selectors.DefaultSelector):
    def __init__(self, loop):
        super().__init__()
        self._loop = loop

    def select(self, timeout=None):
        ready = super().select(timeout and 0)
        if timeout and not ready:
            self._loop.jump(timeout)
        return ready


def run_in_virtual_time(backend, function, *args, seed=0):
    """Run an async function in a new event loop that starts at zero seconds.

    Args:
        backend: Name of the event loop.
        function: The async function.
        args: Its arguments.
        seed: Makes jitter reproducible, and with asyncio the whole run: trio runs tasks
            that become ready at the same time in any order.
    """
    random.seed(seed)
    options = (
        {"clock": MockClock(autojump_threshold=0)}
        if backend == "trio"
        else {"loop_factory": VirtualTimeLoop}
    )
    return anyio.run(function, *args, backend=backend, backend_options=options)
