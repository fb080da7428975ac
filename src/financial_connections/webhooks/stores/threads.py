"""Worker threads of a store, of which a database that hangs can block only a few."""

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
"""Number of threads that a store uses at once.

It is also the number of threads of abandoned calls at which no new call is started.
"""
_LOCK_SECONDS = 5.0


class WorkerThreads:
    """Run the calls of a blocking driver in worker threads.

    A call is abandoned when it is cancelled, so that a database that hangs cannot delay
    the caller. Its thread runs until the driver gives up. anyio's limiters do not
    count such threads under asyncio.
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
            TimeoutError: Too many threads of abandoned calls are still running.
        """
        async with self._limiter_of_loop():
            if len(self._abandoned) >= MAX_THREADS:
                raise TimeoutError(
                    f"{MAX_THREADS} earlier calls of the event store have not ended: "
                    "the database does not respond"
                )
            call = _Call(
                partial(function, *args, **kwargs), self._lock, self._abandoned
            )
            try:
                # With its own limiter, because the application's threads can exhaust
                # the default one.
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
        """Count the thread as abandoned until it ends, or keep it from starting."""
        with self._lock:
            if self._is_running:
                self._abandoned.add(self)
            self._is_over = True


@contextmanager
def hold(lock: threading.Lock) -> Generator[None, None, None]:
    """Hold the lock of a connection inside a block; wait at most 5 s for it.

    Args:
        lock: The lock.

    Raises:
        TimeoutError: The lock was not released in time.
    """
    if not lock.acquire(timeout=_LOCK_SECONDS):
        raise TimeoutError(
            "the previous statement has not ended: the database does not respond"
        )
    try:
        yield
    finally:
        lock.release()
