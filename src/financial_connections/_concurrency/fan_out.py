"""Run many jobs at once and read their results as one stream."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TypeVar

from financial_connections._concurrency.background import BackgroundTasks
from financial_connections._concurrency.handover import Handover

T = TypeVar("T")

Emit = Callable[[T], Awaitable[None]]
Job = Callable[[Emit[T]], Awaitable[None]]
"""Work that emits its results and waits at each one until it has been taken."""


def fan_out(
    tasks: BackgroundTasks, jobs: Iterator[Job[T]], concurrency: int, block: str
) -> Handover[T]:
    """Return the results of `jobs`, which run at most `concurrency` at a time.

    Results are not buffered: at most one for each running job waits to be taken. The
    results of one job come in order. An error of a job is raised where results are
    taken and ends the iteration; no further job begins.

    Args:
        tasks: The tasks to run the jobs in.
        jobs: The work, begun lazily.
        concurrency: Number of jobs that may run at once.
        block: Name of the block for error messages.

    """
    results: Handover[T] = Handover(block, concurrency)
    for _ in range(concurrency):
        tasks.start(partial(_work, jobs, results), results.finish)
    return results


async def _work(jobs: Iterator[Job[T]], results: Handover[T]) -> None:
    async def emit(result: T) -> None:
        await results.offer(result).wait()

    for job in jobs:
        await job(emit)
        if results.has_failed:
            break
