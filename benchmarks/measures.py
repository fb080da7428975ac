"""What is measured: each function takes a contender's name and the facts of its
workload, and gives one figure.

All run in a worker process. What they set up and check is not timed.
"""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.bodies import AMOUNT, account_id, page_body, transaction_id
from benchmarks.contenders import Contender, opened
from benchmarks.memory import resident_bytes


@dataclass(frozen=True)
class Task:
    """What a worker is to measure."""

    contender: str
    url: str
    calls: int = 0
    at_once: int = 1
    items: int = 0
    accounts: int = 1
    connections: int = 100
    latency_ms: int = 0
    prefetch: bool = False
    burn_ms: float = 0.0
    sleep_ms: float = 0.0


@asynccontextmanager
async def _client(task: Task) -> AsyncIterator[Contender]:
    client = opened(task.contender, task.url, task.connections)
    gc.collect()
    try:
        yield client
    finally:
        await client.aclose()


def _check(expected: object, actual: object) -> None:
    if expected != actual:
        raise AssertionError(f"a wrong answer: {actual!r} instead of {expected!r}")


async def decode(task: Task) -> float:
    """Return the microseconds of CPU that one transaction takes, from the bytes of a
    page to objects.
    """
    page = page_body(account_id(items=100), 100, None)
    async with _client(task) as client:
        objects = client.decode(page)
        _check([AMOUNT] * 100, [client.amount_of(item) for item in objects])
        started = time.process_time()
        for _ in range(task.calls):
            client.decode(page)
        return 1e6 * (time.process_time() - started) / task.calls / 100


async def _waves(client: Contender, names: list[str], at_once: int) -> None:
    """Retrieve all accounts, so many at once, and see that each answer is the one that
    was asked for.
    """
    names_left = iter(names)
    found: dict[str, Any] = {}

    async def work() -> None:
        for name in names_left:
            found[name] = await client.retrieve(name)

    await asyncio.gather(*[work() for _ in range(at_once)])
    _check(
        {name: name for name in names},
        {name: client.id_of(thing) for name, thing in found.items()},
    )


async def _timed_waves(task: Task, clock: Callable[[], float]) -> float:
    names = [account_id(items=0, name=str(number)) for number in range(task.calls)]
    async with _client(task) as client:
        await _waves(
            client, names[: min(2 * task.at_once, 200)], task.at_once
        )  # opens the connections
        started = clock()
        await _waves(client, names, task.at_once)
        return clock() - started


async def cpu_per_call(task: Task) -> float:
    """Return the microseconds of CPU that a retrieve takes."""
    return 1e6 * await _timed_waves(task, time.process_time) / task.calls


async def calls_per_second(task: Task) -> float:
    """Return how many retrieves a second are answered."""
    return task.calls / await _timed_waves(task, time.perf_counter)


async def _read(client: Contender, task: Task, account: str) -> None:
    total = 0
    async for item in client.items(account):
        total += client.amount_of(item)
    _check(task.items * AMOUNT, total)


async def _checked_ids(client: Contender, account: str, items: int) -> None:
    """Walk a few pages, and see that they have every id once, in order."""
    expected = [transaction_id(account, index) for index in range(items)]
    _check(expected, [client.id_of(item) async for item in client.items(account)])


async def items_per_second(task: Task) -> float:
    """Return how many transactions a second come out of `async for`, with one field of
    each read.
    """
    async with _client(task) as client:
        await _checked_ids(client, account_id(items=250), 250)
        started = time.perf_counter()
        await _read(client, task, account_id(items=task.items))
        return task.items / (time.perf_counter() - started)


async def time_per_item(task: Task) -> float:
    """Return the microseconds that a transaction takes."""
    return 1e6 / await items_per_second(task)


async def kept(task: Task) -> float:
    """Return the bytes of resident memory that a kept transaction takes."""
    async with _client(task) as client:
        await _checked_ids(client, account_id(items=250), 250)
        gc.collect()
        before = resident_bytes()
        everything = [item async for item in client.items(account_id(items=task.items))]
        gc.collect()
        grown = resident_bytes() - before
        _check(task.items, len(everything))
        return grown / task.items


async def resident(task: Task) -> float:
    """Return the MiB of resident memory after so many transactions were streamed."""
    async with _client(task) as client:
        await _read(client, task, account_id(items=task.items))
        return resident_bytes() / 1024**2


async def fan_out(task: Task) -> float:
    """Return the seconds in which many accounts are read, all at once."""
    names = [
        account_id(items=task.items, latency_ms=task.latency_ms, name=str(n))
        for n in range(task.accounts)
    ]
    async with _client(task) as client:
        await client.retrieve("fca_open_a_connection")
        started = time.perf_counter()
        await asyncio.gather(*[_read(client, task, name) for name in names])
        return time.perf_counter() - started


async def consumed(task: Task) -> float:
    """Return the seconds in which a consumer that takes its time is done with every
    transaction.
    """
    account = account_id(items=task.items, latency_ms=task.latency_ms)
    async with _client(task) as client:
        await client.retrieve("fca_open_a_connection")
        started = time.perf_counter()
        if task.prefetch:
            async with client.prefetched(account) as items:  # type: ignore[attr-defined]
                count = await _consume(items, task)
        else:
            count = await _consume(client.items(account), task)
        seconds = time.perf_counter() - started
    _check(task.items, count)
    return seconds


async def bound(task: Task) -> float:
    """Return the seconds below which no client can be: those of the server, or those of
    the consumer alone.
    """

    async def at_hand() -> AsyncIterator[int]:
        for item in range(task.items):
            yield item

    started = time.perf_counter()
    await _consume(at_hand(), task)
    alone = time.perf_counter() - started
    return max(alone, task.items / 100 * task.latency_ms / 1000)


async def _consume(items: AsyncIterator[Any], task: Task) -> int:
    count = 0
    async for _ in items:
        count += 1
        if task.burn_ms:
            done = time.perf_counter() + task.burn_ms / 1000
            while time.perf_counter() < done:
                pass
        if task.sleep_ms:
            await asyncio.sleep(task.sleep_ms / 1000)
    return count


Measure = Callable[[Task], Awaitable[float]]
