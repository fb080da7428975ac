"""Many jobs at once, one stream of results; nothing outlives the block."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio

from financial_connections._concurrency.tasks import ended

if TYPE_CHECKING:
    from types import TracebackType

    from anyio.abc import TaskGroup
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

T = TypeVar("T")

Emit = Callable[[T], Awaitable[None]]
Job = Callable[[Emit[T]], Awaitable[None]]
"""Work that emits its results, and waits at each until it is taken."""


class FanOut(Generic[T]):
    """
    Runs `jobs`, at most `concurrency` at once; `async with` gives their results as they come.

    Results are not buffered: at most one a running job is waiting to be taken. Those of one job come in order. An
    error of a job is raised where results are taken, and ends the iteration.
    """

    def __init__(self, jobs: Iterator[Job[T]], concurrency: int) -> None:
        self._jobs = jobs
        self._concurrency = concurrency
        self._tasks: TaskGroup
        self._receive: MemoryObjectReceiveStream[T | _Failure]

    async def __aenter__(self) -> AsyncIterator[T]:
        send, self._receive = anyio.create_memory_object_stream[T | _Failure](0)
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        with send:
            for _ in range(self._concurrency):
                self._tasks.start_soon(self._work, send.clone())
        return _Results(self._receive)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        self._receive.close()
        return await ended(self._tasks, kind, error, traceback)

    async def _work(self, send: MemoryObjectSendStream[T | _Failure]) -> None:
        async with send:
            try:
                for job in self._jobs:
                    await job(send.send)
            except Exception as error:  # noqa: BLE001 - raised again where the results are taken
                await send.send(_Failure(error))


class _Failure:
    def __init__(self, error: Exception) -> None:
        self.error = error


class _Results(AsyncIterator[T]):
    def __init__(self, receive: MemoryObjectReceiveStream[T | _Failure]) -> None:
        self._receive = receive
        self._error: Exception | None = None

    async def __anext__(self) -> T:
        if self._error is not None:
            raise self._error
        try:
            result = await self._receive.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None
        if isinstance(result, _Failure):
            self._error = result.error
            raise result.error
        return result
