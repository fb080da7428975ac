"""Worker threads for a store. A hanging database can block only a few of them."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Any, Generic, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

MAX_THREADS = 8
"""Maximum number of threads that a store uses at once.

No new call is started while this many abandoned calls are still running.
"""
_LOCK_SECONDS = 5.0


class WorkerThreads:
    """Worker threads that run the calls of a blocking driver.

    A call is abandoned when it is cancelled, so that a hanging database cannot delay
    the caller. Its thread runs until the driver gives up. Under asyncio, anyio's
    limiters do not count such threads.
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
        """Call a function in a worker thread.

        Args:
            function: The function to call.
            *args: Positional arguments of the function.
            **kwargs: Keyword arguments of the function.

        Returns:
            The result of the function.

        Raises:
            TimeoutError: Too many abandoned calls are still running.
        """
        async with self._limiter_of_loop():
            if len(self._abandoned) >= MAX_THREADS:
                raise TimeoutError(
                    f"{MAX_THREADS} earlier calls to the event store have not "
                    "finished: the database is not responding"
                )
            call = _Call(
                partial(function, *args, **kwargs), self._lock, self._abandoned
            )
            try:
                # The call gets its own limiter, because the application's threads can
                # exhaust the default one.
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
            limiter = CapacityLimiter(MAX_THREADS)
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
        self._is_running = False
        self._is_over = False

    def run(self) -> None:
        with self._lock:
            if self._is_over:
                return
            self._is_running = True
        try:
            self.result = self._function()
        finally:
            with self._lock:
                self._is_running = False
                self._is_over = True
                self._abandoned.discard(self)

    def abandon(self) -> None:
        """Count the call as abandoned until it finishes, or keep it from starting."""
        with self._lock:
            if self._is_running:
                self._abandoned.add(self)
            self._is_over = True


@contextmanager
def hold(lock: threading.Lock) -> Generator[None, None, None]:
    """Hold a connection's lock inside a block, waiting at most 5 s to acquire it.

    Args:
        lock: The lock.

    Raises:
        TimeoutError: The lock was not released in time.
    """
    if not lock.acquire(timeout=_LOCK_SECONDS):
        raise TimeoutError(
            "the previous statement has not finished: the database is not responding"
        )
    try:
        yield
    finally:
        lock.release()
