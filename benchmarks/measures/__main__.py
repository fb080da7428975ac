"""Take one measurement: `python -m benchmarks.measures`.

The arguments are a measure, a client and parameters as JSON; the output is a JSON
object of figures. Setup and checks run before the clock starts and are not timed.
"""

import asyncio
import gc
import json
import sys
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

from benchmarks import cores
from benchmarks.clients import open_client
from benchmarks.measures import Figures, Task, calls, fleet, lists, programs

WITH_CLIENT: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        calls.added_by_limits,
        calls.decode,
        calls.retrieve,
        lists.consume,
        lists.first_sync,
        lists.many_accounts,
        lists.memory_per_item,
        lists.stream,
        lists.stream_with_peak,
    )
}
"""Coroutine functions whose arguments are an open client and a task."""

WITHOUT_CLIENT: dict[str, Callable[[Task], Figures]] = {
    function.__name__: function
    for function in (
        fleet.sync_by_processes,
        fleet.use_of_the_limit,
        programs.command,
        programs.first_call,
        programs.first_response,
        programs.import_package,
    )
}
"""Functions whose argument is a task."""


async def _with_client(measure: Callable[..., Any], task: Task) -> Figures:
    async with aclosing(open_client(task.name, task.url)) as client:
        gc.collect()
        figures: Figures = await measure(client, task)
        return figures


def main(measure: str, name: str, params: str) -> None:
    """Take a measurement, and print the figures."""
    task = Task(name=name, **json.loads(params))
    if not task.all_cores:
        cores.pin("client")
    if measure in WITH_CLIENT:
        figures = asyncio.run(_with_client(WITH_CLIENT[measure], task))
    else:
        figures = WITHOUT_CLIENT[measure](task)
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
