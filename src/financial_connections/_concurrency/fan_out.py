"""Run many producers concurrently and read their results as a single stream."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TypeVar

from financial_connections._concurrency.background import BackgroundTasks
from financial_connections._concurrency.handover import Handover

T = TypeVar("T")

Send = Callable[[T], Awaitable[None]]
Producer = Callable[[Send[T]], Awaitable[None]]
"""A function that sends results, waiting after each one until it has been taken."""


def fan_out(
    tasks: BackgroundTasks,
    producers: Iterator[Producer[T]],
    concurrency: int,
    block: str,
) -> Handover[T]:
    """Return the results of all producers, running up to `concurrency` at once.

    Results are not buffered: each running producer has at most one result waiting to be
    taken. The results of one producer arrive in order. If a producer raises an error,
    the consumer receives it, the iteration ends, and no further producer is started.

    Args:
        tasks: Tasks in which the producers run.
        producers: The producers, each created just before it runs.
        concurrency: Number of producers that may run at once.
        block: Name of the block, for error messages.
    """
    results: Handover[T] = Handover(block, concurrency)
    for _ in range(concurrency):
        tasks.start(partial(_run, producers, results), results.finish)
    return results


async def _run(producers: Iterator[Producer[T]], results: Handover[T]) -> None:
    async def send(result: T) -> None:
        await results.put(result).wait()

    for producer in producers:
        await producer(send)
        if results.has_failed:
            break
