"""Take one measurement in a separate process: `python -m benchmarks.measures`.

The arguments are a measure, a client, the server's URL and parameters as JSON; the
output is a number. Setup and checks run before the clock starts and are not timed.
"""

import asyncio
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

from benchmarks.clients import open_client
from benchmarks.server import account_id, page_body, transaction_id

_PACKAGES = {"stripe": "stripe", "httpx-json": "httpx", "ours": "financial_connections"}
# httpx and httpcore import these packages if they are installed, which they are for
# this repository's tests but would not be in a service.
_HIDE = "import sys; sys.modules.update(dict.fromkeys(('click', 'rich', 'trio')));"
_IMPORT = (
    "import time; t = time.process_time(); import {}; print(time.process_time() - t)"
)
_FIRST = """import asyncio
from benchmarks.clients import open_client
async def main():
    client = open_client({!r}, {!r})
    await client.load_certificates()
    print(client.id_of(await client.retrieve("fca_first")), flush=True)
    await client.aclose()
asyncio.run(main())
"""


class Task(SimpleNamespace):
    """Parameters of a workload, the client's name and the server's URL."""

    def __getattr__(self, name: str) -> Any:
        return 0  # every parameter defaults to 0


def _check(expected: object, actual: object) -> None:
    if expected != actual:
        raise AssertionError(f"{actual!r} instead of {expected!r}")


async def decode(client: Any, task: Task) -> float:
    """Measure the CPU time to decode a transaction, in µs."""
    page = page_body("fca_100_0_", 100, None)
    ids = [client.id_of(item) for item in client.decode(page)]
    _check([transaction_id("fca_100_0_", index) for index in range(100)], ids)
    start = time.process_time()
    for _ in range(task.calls):
        client.decode(page)
    return 1e6 * (time.process_time() - start) / task.calls / 100


async def _retrieve_all(client: Any, accounts: list[str], concurrency: int) -> None:
    remaining = iter(accounts)
    ids: dict[str, str] = {}

    async def work() -> None:
        for account in remaining:
            ids[account] = client.id_of(await client.retrieve(account))

    await asyncio.gather(*[work() for _ in range(concurrency)])
    _check({account: account for account in accounts}, ids)


async def retrieve(client: Any, task: Task) -> float:
    """Measure the CPU time of a call, or the time of concurrent calls, in µs."""
    accounts = [account_id(name=str(number)) for number in range(task.calls)]
    clock = time.perf_counter if task.concurrency else time.process_time
    # The first calls are slow because they open the connections.
    warm_up = accounts[: min(max(100, 2 * task.concurrency), 200)]
    await _retrieve_all(client, warm_up, task.concurrency or 1)
    start = clock()
    await _retrieve_all(client, accounts, task.concurrency or 1)
    return 1e6 * (clock() - start) / task.calls


async def added_by_limits(client: Any, task: Task) -> float:
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
    return median(differences)


async def _check_ids(client: Any) -> None:
    ids = [client.id_of(item) async for item in client.items("fca_250_0_")]
    _check([transaction_id("fca_250_0_", index) for index in range(250)], ids)


async def _sum_amounts(client: Any, task: Task, account: str) -> None:
    total = 0
    async for item in client.items(account):
        total += client.amount_of(item)
    _check(-1000 * task.items, total)


async def time_per_item(client: Any, task: Task) -> float:
    """Measure the time to stream a transaction and read one field, in µs."""
    await _check_ids(client)
    start = time.perf_counter()
    await _sum_amounts(client, task, account_id(task.items))
    return 1e6 * (time.perf_counter() - start) / task.items


def _resident_bytes() -> int:
    gc.collect()
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


async def memory_per_item(client: Any, task: Task) -> float:
    """Measure the memory used per retained transaction, in bytes."""
    await _check_ids(client)
    before = _resident_bytes()
    items = [item async for item in client.items(account_id(task.items))]
    grown = _resident_bytes() - before
    _check(task.items, len(items))
    return grown / task.items


async def many_accounts(client: Any, task: Task) -> float:
    """Measure the time to stream many accounts at the same time, in seconds."""
    accounts = [
        account_id(task.items, task.latency_ms, str(number))
        for number in range(task.accounts)
    ]
    await client.retrieve("fca_first")
    start = time.perf_counter()
    await asyncio.gather(*[_sum_amounts(client, task, one) for one in accounts])
    return time.perf_counter() - start


async def consume(client: Any, task: Task) -> float:
    """Measure how long a consumer that computes or waits for each item takes.

    The result is a multiple of the lower bound for any client: the time taken by the
    server alone or by the consumer alone, whichever is longer.
    """
    await client.retrieve("fca_first")
    account = account_id(task.items, task.latency_ms)
    seconds = await _time_consumer(client.items(account), task)
    alone = await _time_consumer(_without_server(task.items), task)
    return seconds / max(alone, task.items / 100 * task.latency_ms / 1000)


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
        if task.wait_ms:
            await asyncio.sleep(task.wait_ms / 1000)
    _check(task.items, count)
    return time.perf_counter() - start


async def import_time(_: Any, task: Task) -> float:
    """Measure the CPU time to import the package, in ms."""
    line, _seconds = _run_program(_IMPORT.format(_PACKAGES[task.name]))
    return 1000 * float(line)


async def first_response(_: Any, task: Task) -> float:
    """Measure the time from starting a process to its first response, in ms."""
    line, seconds = _run_program(_FIRST.format(task.name, task.url))
    _check("fca_first", line)
    return 1000 * seconds


def _run_program(program: str) -> tuple[str, float]:
    start = time.perf_counter()
    command = [sys.executable, "-c", _HIDE + program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        return process.stdout.readline().strip(), time.perf_counter() - start


async def measure(function: str, name: str, url: str, params: str) -> float:
    """Open the client, take the measurement and close the client."""
    async with aclosing(open_client(name, url)) as client:
        gc.collect()
        task = Task(name=name, url=url, **json.loads(params))
        result: float = await globals()[function](client, task)
        return result


if __name__ == "__main__":
    print(asyncio.run(measure(*sys.argv[1:])))
