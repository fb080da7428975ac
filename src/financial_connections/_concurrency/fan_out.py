"""Process many items concurrently and read the results as a single stream."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Protocol, TypeVar

import anyio

from financial_connections._concurrency.background import BackgroundTasks
from financial_connections._concurrency.queue import ResultQueue

S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)
T = TypeVar("T")

Send = Callable[[T], Awaitable[None]]
"""A function that passes on a result and waits until it has been taken."""


class Source(Protocol[S_co]):
    """An async iterator that can be closed."""

    def __anext__(self) -> Awaitable[S_co]: ...

    async def aclose(self) -> None:
        """Release the iterator's resources."""
        ...


def fan_out(
    tasks: BackgroundTasks,
    source: Source[S],
    process: Callable[[S, Send[T]], Awaitable[None]],
    concurrency: int,
    block: str,
) -> ResultQueue[T]:
    """Return the results of all items, processing up to `concurrency` at once.

    A single task reads the source and closes it at the end, because an async generator
    can set context variables, which belong to a task. It reads the next item only when
    fewer than `concurrency` items are being processed, each in a task of its own.

    Results are not buffered: each item has at most one result waiting to be taken. The
    results of one item arrive in order. If reading or processing raises an error, the
    consumer receives it, the iteration ends, and no further item is read.

    Args:
        tasks: Tasks in which the items are read and processed.
        source: The items.
        process: Processes an item and sends its results.
        concurrency: Number of items that may be processed at once.
        block: Name of the block, for error messages.
    """
    results: ResultQueue[T] = ResultQueue(block, 1)
    slots = anyio.Semaphore(concurrency)

    async def send(result: T) -> None:
        await results.put(result).wait()

    def finish(error: BaseException | None) -> None:
        slots.release()
        results.finish(error)

    async def read() -> None:
        async with aclosing(source):
            while True:
                await slots.acquire()
                if results.has_failed:
                    return
                try:
                    item = await anext(source)
                except StopAsyncIteration:
                    return
                results.add_producer()
                tasks.start(partial(process, item, send), finish)

    tasks.start(read, results.finish)
    return results
