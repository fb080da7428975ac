"""Measure lists of transactions."""

import asyncio
import gc
import os
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from benchmarks.measures import Figures, Task, check, timed
from benchmarks.server import account_id, transaction_id

_MEGABYTE = 1_000_000


async def _check_ids(client: Any) -> None:
    ids = [client.id_of(item) async for item in client.items("fca_250_0_")]
    check([transaction_id("fca_250_0_", index) for index in range(250)], ids)


async def _sum_amounts(client: Any, task: Task, account: str) -> None:
    total = 0
    async for item in client.items(account):
        total += client.amount_of(item)
    check(-1000 * task.items, total)


async def stream(client: Any, task: Task) -> Figures:
    """Measure the time to stream a transaction and read one field."""
    await _check_ids(client)
    with timed(task.items) as figures:
        await _sum_amounts(client, task, account_id(task.items))
    return figures


async def stream_with_peak(client: Any, task: Task) -> Figures:
    """Measure the same, and the most memory that the process used, in MB."""
    figures = await stream(client, task)
    return figures | {"memory": _peak_bytes() / _MEGABYTE}


def _peak_bytes() -> int:
    """Return the most memory that this process has used so far."""
    # On Linux, `resource.getrusage` includes the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    match = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert match
    return 1024 * int(match[1])


def _resident_bytes() -> int:
    gc.collect()
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


async def memory_per_item(client: Any, task: Task) -> Figures:
    """Measure the memory used per retained transaction, in bytes."""
    await _check_ids(client)
    before = _resident_bytes()
    account = account_id(task.items, name=task.account or "")
    items = [item async for item in client.items(account)]
    grown = _resident_bytes() - before
    check(task.items, len(items))
    return {"memory": grown / task.items}


async def many_accounts(client: Any, task: Task) -> Figures:
    """Measure the time to stream many accounts at the same time, in seconds."""
    accounts = [
        account_id(task.items, task.latency_ms, str(number))
        for number in range(task.accounts)
    ]
    await client.retrieve("fca_first")
    with timed(1e6) as figures:
        await asyncio.gather(*[_sum_amounts(client, task, one) for one in accounts])
    return figures


async def first_sync(client: Any, task: Task) -> Figures:
    """Measure the time of the first sync of an account, in seconds."""
    await client.retrieve("fca_first")
    account = account_id(task.items, task.latency_ms)
    ids = set()
    with timed(1e6) as figures:
        async for item in client.sync(account, concurrency=task.concurrency):
            ids.add(client.id_of(item))
    check({transaction_id(account, index) for index in range(task.items)}, ids)
    return figures


async def consume(client: Any, task: Task) -> Figures:
    """Measure how long a consumer that computes for each item takes.

    The result is a multiple of the lower bound for any client: the time taken by the
    server alone or by the consumer alone, whichever is longer.
    """
    await client.retrieve("fca_first")
    account = account_id(task.items, task.latency_ms)
    seconds = await _time_consumer(client.items(account), task)
    alone = await _time_consumer(_without_server(task.items), task)
    bound = max(alone, task.items / 100 * task.latency_ms / 1000)
    return {"bound": seconds / bound}


async def _without_server(count: int) -> AsyncIterator[int]:
    for item in range(count):
        yield item


async def _time_consumer(items: AsyncIterator[Any], task: Task) -> float:
    count = 0
    start = time.perf_counter()
    async for _ in items:
        count += 1
        end = time.perf_counter() + task.compute_ms / 1000
        while time.perf_counter() < end:
            pass
    check(task.items, count)
    return time.perf_counter() - start
