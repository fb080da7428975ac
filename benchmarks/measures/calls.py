"""Measure single and concurrent calls, and decoding."""

import asyncio
import time
from contextlib import aclosing
from statistics import median
from typing import Any

from benchmarks.measures import Figures, Task, check, timed
from benchmarks.server import account_id, page_body, transaction_id


async def decode(client: Any, task: Task) -> Figures:
    """Measure the time to decode a transaction."""
    account = account_id(items=100, name=task.account or "")
    page = page_body(account, 100, None)
    ids = [client.id_of(item) for item in client.decode(page)]
    check([transaction_id(account, index) for index in range(100)], ids)
    with timed(100 * task.calls) as figures:
        for _ in range(task.calls):
            client.decode(page)
    return figures


async def _retrieve_all(client: Any, accounts: list[str], concurrency: int) -> None:
    remaining = iter(accounts)
    ids: dict[str, str] = {}

    async def work() -> None:
        for account in remaining:
            ids[account] = client.id_of(await client.retrieve(account))

    await asyncio.gather(*[work() for _ in range(concurrency)])
    check({account: account for account in accounts}, ids)


async def retrieve(client: Any, task: Task) -> Figures:
    """Measure the time per call, one after another or concurrently."""
    accounts = [account_id(name=str(number)) for number in range(task.calls)]
    # The first calls are slow because they open the connections.
    warm_up = accounts[: min(max(100, 2 * task.concurrency), 200)]
    await _retrieve_all(client, warm_up, task.concurrency or 1)
    with timed(task.calls) as figures:
        await _retrieve_all(client, accounts, task.concurrency or 1)
    return figures


async def added_by_limits(client: Any, task: Task) -> Figures:
    """Measure the CPU time that limits add to a call when nothing waits, in µs.

    A client with limits and one without send small batches alternately, and the result
    is the median of the differences.
    """
    accounts = [account_id(name=str(number)) for number in range(task.calls)]
    async with aclosing(client.without_limits(task.url)) as other:
        differences = []
        for _ in range(task.batches):
            seconds = []
            for subject in (client, other):
                start = time.process_time()
                await _retrieve_all(subject, accounts, 1)
                seconds.append(time.process_time() - start)
            differences.append(1e6 * (seconds[0] - seconds[1]) / task.calls)
    return {"cpu": median(differences)}
