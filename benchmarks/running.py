"""The rounds: one server, a worker for each cell, and everybody in turn."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.workloads import Workload

_ANSWER_SECONDS = 120
_END_SECONDS = 10


@dataclass
class Cell:
    """What came of one contender at one workload."""

    rounds: list[float] = field(default_factory=list)
    error: str | None = None


class _WorkerError(Exception):
    pass


@asynccontextmanager
async def _process(*arguments: str) -> AsyncIterator[Process]:
    command = (sys.executable, "-m", *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    try:
        yield process
    finally:
        # Without its standard input every process of the benchmarks ends by itself.
        if process.stdin:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _END_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    """Run the server in a process of its own; yields its URL."""
    async with _process("benchmarks.server") as process:
        port = int(await _line(process))
        yield f"http://127.0.0.1:{port}"


async def _line(process: Process) -> str:
    if process.stdout is None:
        raise _WorkerError("no output")
    line = await asyncio.wait_for(process.stdout.readline(), _ANSWER_SECONDS)
    if not line:
        raise _WorkerError("the process ended before it answered")
    return line.decode()


class _Worker:
    """A cell at work, in a process that is started when it is first needed."""

    def __init__(self, measure: str, task: dict[str, Any], *, fresh: bool) -> None:
        self.cell = Cell()
        self._arguments = ("benchmarks.worker", measure, json.dumps(task))
        self._fresh = fresh
        self._process: Process | None = None

    async def work(self, *, recorded: bool) -> None:
        """Add one figure; after an error, none any more."""
        if self.cell.error is not None:
            return
        try:
            figure = await self._figure()
        except (_WorkerError, TimeoutError, OSError) as error:
            self.cell = Cell(error=f"{type(error).__name__.lstrip('_')}: {error}")
        else:
            if recorded:
                self.cell.rounds.append(figure)

    async def _figure(self) -> float:
        if self._fresh:
            async with _process(*self._arguments) as process:
                return await self._asked(process)
        if self._process is None:
            self._context = _process(*self._arguments)
            self._process = await self._context.__aenter__()
        return await self._asked(self._process)

    async def _asked(self, process: Process) -> float:
        if process.stdin is not None:
            process.stdin.write(b"\n")
        said = json.loads(await _line(process))
        if "error" in said:
            raise _WorkerError(said["error"])
        return float(said["figure"])

    async def aclose(self) -> None:
        if self._process is not None:
            await self._context.__aexit__(None, None, None)


async def measured(
    workload: Workload,
    url: str,
    *,
    rounds: int,
    quick: bool,
    progress: Callable[[str], object],
) -> dict[str, Cell]:
    """Return every cell of a workload, after so many rounds in each of which everybody
    had a turn.
    """
    workers = {
        name: _Worker(
            task.pop("measure", workload.measure),
            task | {"url": url},
            fresh=workload.fresh,
        )
        for name, task in workload.tasks(quick=quick).items()
    }
    try:
        if quick:
            await asyncio.gather(
                *[worker.work(recorded=True) for worker in workers.values()]
            )
        else:
            await _rounds(workload, workers, workload.rounds or rounds, progress)
    finally:
        for worker in workers.values():
            await worker.aclose()
    return {name: worker.cell for name, worker in workers.items()}


async def _rounds(
    workload: Workload,
    workers: dict[str, _Worker],
    rounds: int,
    progress: Callable[[str], object],
) -> None:
    if workload.warm and not workload.fresh and workload.rounds is None:
        for worker in workers.values():
            await worker.work(recorded=False)  # the first time is slower
    for number in range(rounds):
        # There and back: nobody always follows the same neighbour.
        for name in list(workers)[:: 1 if number % 2 == 0 else -1]:
            progress(f"{workload.name}: round {number + 1}, {name}")
            await workers[name].work(recorded=True)
