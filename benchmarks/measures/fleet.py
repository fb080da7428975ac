"""Measure how well the rate limit and several processes are used."""

import asyncio
from typing import Any

from benchmarks.measures import Figures, Task


def use_of_the_limit(task: Task) -> Figures:
    """Read many accounts under a rate limit, in virtual time.

    The result is a multiple of the shortest time that the limit allows, and the number
    of requests that were rejected because of it.
    """
    # These modules need packages that only some interpreters have.
    from tests.support import storm  # noqa: PLC0415
    from tests.support.virtual_time import run_in_virtual_time  # noqa: PLC0415

    async def read() -> Any:
        sandbox = storm.sandbox_in_virtual_time()
        accounts = storm.add_accounts(sandbox, task.lists)
        changes = storm.HALVED_AND_DOUBLED if task.changes else ()
        record = storm.Storm(sandbox, *changes)
        counts, errors = await storm.read_in_virtual_time(
            sandbox, accounts, task.clients, storm.read_all
        )
        if errors or dict.fromkeys(accounts, storm.PAGES) != counts:
            raise AssertionError(errors)
        return record

    record = run_in_virtual_time("asyncio", read, seed=task.round)
    rejected = sum(record.sandbox.traffic.total.rejected.values())
    return {"bound": record.ratio, "rejected": rejected}


def sync_by_processes(task: Task) -> Figures:
    """Measure how many seconds worker processes take to sync accounts."""
    from benchmarks.fleet import measure_scale  # noqa: PLC0415
    from financial_connections.fleet.embedded import (  # noqa: PLC0415
        postgres_server,
    )

    with postgres_server() as conninfo:
        rate = asyncio.run(
            measure_scale(conninfo, task.processes, task.accounts, task.url)
        )
    return {"wall": 1000 * task.accounts / rate}
