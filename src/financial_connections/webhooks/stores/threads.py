"""Worker threads of a store, of which a database that hangs can keep only some."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Any, Generic, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

AT_ONCE = 8
"""Number of threads that a store uses at once, and of abandoned ones at which it starts
no further one.
"""
_LOCK_SECONDS = 5.0


class Threads:
    """Run the calls of a driver that blocks in worker threads.

    A call is abandoned when it is cancelled, so that a database that hangs cannot hold
    up its caller. Its thread lives on until the driver gives up. The limiters of anyio
    do not count such threads under asyncio.
    """

    def __init__(self) -> None:
        self._limiter: RunVar[CapacityLimiter] = RunVar(
            "financial_connections_store_threads"
        )
        self._lock = threading.Lock()
        self._abandoned: set[_Call[Any]] = set()

    async def run(
        self,
        function: Callable[_Parameters, _Result],
        *args: _Parameters.args,
        **kwargs: _Parameters.kwargs,
    ) -> _Result:
        """Call `function` in a thread, and return its result.

        Raises:
            TimeoutError: Too many threads of calls that were abandoned have not ended.

        """
        async with self._limiter_of_loop():
            if len(self._abandoned) >= AT_ONCE:
                raise TimeoutError(
                    f"{AT_ONCE} earlier calls of the event store have not ended: the database hangs"
                )
            call = _Call(
                partial(function, *args, **kwargs), self._lock, self._abandoned
            )
            try:
                # A limiter of its own, because the application's threads can use up the
                # default one.
                await to_thread.run_sync(
                    call.run, abandon_on_cancel=True, limiter=CapacityLimiter(1)
                )
            except BaseException:
                call.abandon()
                raise
            return call.result

    def _limiter_of_loop(self) -> CapacityLimiter:
        limiter = self._limiter.get(None)
        if limiter is None:
            limiter = CapacityLimiter(AT_ONCE)
            self._limiter.set(limiter)
        return limiter


class _Call(Generic[_Result]):
    result: _Result

    def __init__(
        self,
        function: Callable[[], _Result],
        lock: threading.Lock,
        abandoned: "set[_Call[Any]]",
    ) -> None:
        self._function = function
        self._lock = lock
        self._abandoned = abandoned
        self._runs = False
        self._is_over = False

    def run(self) -> None:
        with self._lock:
            if self._is_over:
                return
            self._runs = True
        try:
            self.result = self._function()
        finally:
            with self._lock:
                self._runs = False
                self._is_over = True
                self._abandoned.discard(self)

    def abandon(self) -> None:
        """Count the thread until it ends, and keep it from beginning."""
        with self._lock:
            if self._runs:
                self._abandoned.add(self)
            self._is_over = True


@contextmanager
def held(lock: threading.Lock) -> Generator[None, None, None]:
    """Hold the lock of a connection inside the block, but do not wait for it forever."""
    if not lock.acquire(timeout=_LOCK_SECONDS):
        raise TimeoutError("the previous statement has not ended: the database hangs")
    try:
        yield
    finally:
        lock.release()
