"""Work and memory per call, item and account, which must not grow with their number.

Work is counted in calls of functions, written in Python or C, so a test neither
depends on the speed of the machine nor fails by chance.
"""

import gc
import json
import sys
from contextlib import contextmanager

import anyio
import attrs
import pytest

from financial_connections import APIConnectionError, AsyncClient, ConfigurationError
from financial_connections._concurrency import ResultQueue
from financial_connections._transport.backend import Limiter
from financial_connections._transport.response import Response
from tests.support.samples import REFRESHED_ACCOUNT, TRANSACTION, list_of
from tests.support.virtual_time import run_in_virtual_time

FEW, MANY = 25, 250
ACCOUNT = json.dumps(REFRESHED_ACCOUNT).encode()


def page(remaining):
    """Return a page of five transactions, followed by the remaining pages."""
    items = ({**TRANSACTION, "id": f"fctxn_{remaining}_{n}"} for n in range(5))
    return json.dumps(list_of(*items) | {"has_more": remaining > 0}).encode()


class Server:
    """A backend whose responses take 100 ms."""

    def __init__(self, limit):
        self.limiter = Limiter(limit)
        self.pages = 1

    async def exchange(self, request, *_):
        await anyio.sleep(0.1)
        content = ACCOUNT
        if request.path.endswith("/transactions"):
            self.pages -= 1
            content = page(self.pages)
        return Response(200, {"content-type": "application/json"}, content, "req_1")

    async def aclose(self):
        pass


def client_with(rate_limit=None, max_connections=10):
    client = AsyncClient("sk_test_1", rate_limit=rate_limit)
    server = Server(max_connections)
    client._transport = attrs.evolve(client._transport, backend=server)
    return client


async def call_concurrently(client, number):
    async with anyio.create_task_group() as tasks:
        for _ in range(number):
            tasks.start_soon(client.accounts.retrieve, "fca_1")


async def end_waiting_calls(client, number, end):
    async def call():
        try:
            await client.accounts.retrieve("fca_1")
        except (APIConnectionError, ConfigurationError):
            ended.append(True)

    ended = []
    async with anyio.create_task_group() as tasks:
        for _ in range(number):
            tasks.start_soon(call)
        await anyio.sleep(0.05)
        await end(tasks)
    return ended


async def close(client, number):
    ended = await end_waiting_calls(client, number, lambda _: client.aclose())
    assert number == len(ended)


async def cancel(client, number):
    async def end(tasks):
        tasks.cancel_scope.cancel()

    await end_waiting_calls(client, number, end)


async def sync_accounts(client, number, concurrency=10):
    accounts = [f"fca_{n}" for n in range(number)]
    block = client.transactions.sync_many(accounts, concurrency=concurrency)
    async with block as changes:
        synced = [batch.account async for batch in changes]
        changes.raise_for_errors()
    assert set(accounts) == set(synced)


async def sync_all_accounts_at_once(client, number):
    await sync_accounts(client, number, concurrency=number)


async def list_accounts(client, number):
    accounts = [f"fca_{n}" for n in range(number)]
    block = client.transactions.list_many(accounts, concurrency=number)
    async with block as items:
        assert 5 * number == len([item async for item in items])


@contextmanager
def counting():
    """Count function calls in a block, and append their number to a list."""
    events, counts = 0, []

    def profile(frame, event, argument):
        nonlocal events
        events += event in {"call", "c_call"}

    sys.setprofile(profile)
    try:
        yield counts
    finally:
        sys.setprofile(None)
        counts.append(events)


def count(backend, work, number, **settings):
    """Return the number of function calls for each of `number` pieces of work."""

    async def run():
        await work(client_with(), 2)  # loads what is loaded only once
        client = client_with(**settings)
        with counting() as counts:
            await work(client, number)
        return counts[0] / number

    return run_in_virtual_time(backend, run)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize(
    ("work", "settings"),
    [
        (call_concurrently, {}),
        (call_concurrently, {"rate_limit": "adaptive"}),
        (call_concurrently, {"rate_limit": 25}),
        (close, {"rate_limit": "adaptive"}),
        (cancel, {}),
        (sync_accounts, {"rate_limit": "adaptive"}),
        (sync_all_accounts_at_once, {}),
        (list_accounts, {}),
    ],
    ids=lambda value: value.__name__ if callable(value) else str(value),
)
def test_work_does_not_grow_with_the_number(backend, work, settings):
    few, many = (count(backend, work, n, **settings) for n in (FEW, MANY))
    # A larger part of many calls has to wait for the rate limit.
    assert many < 1.3 * few


async def test_looking_for_a_failed_task_does_not_depend_on_the_results():
    results = ResultQueue("sync", producers=2)
    for n in range(MANY):
        results.put(n)
    with counting() as counts:
        assert not results.has_failed
    assert counts[0] < 10
    results.finish(ZeroDivisionError("a bug"))
    assert results.has_failed


async def accounts():
    for n in range(MANY):
        yield f"fca_{n}"


async def sync_a_stream(client):
    async with client.transactions.sync_many(accounts()) as changes:
        async for batch in changes:
            yield len(batch.transactions)


async def list_a_stream(client):
    async with client.transactions.list_many(accounts()) as items:
        async for _ in items:
            yield 1


async def list_pages(client):
    client._transport.backend.pages = MANY
    async for page in client.transactions.list(account="fca_1").pages():
        yield len(page)


async def prefetch(client):
    client._transport.backend.pages = MANY
    async with client.transactions.list(account="fca_1").prefetch() as items:
        async for _ in items:
            yield 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("stream", [sync_a_stream, list_a_stream, list_pages, prefetch])
def test_memory_does_not_grow_with_the_length_of_a_stream(backend, stream):
    blocks, total = {}, 0

    async def run():
        nonlocal total
        async for number in stream(client_with()):
            total += number
            if total in {MANY, 5 * MANY}:
                gc.collect()
                blocks[total] = sys.getallocatedblocks()

    run_in_virtual_time(backend, run)
    # Each transaction has several blocks. trio keeps old deadlines for a while.
    early, late = blocks.values()
    assert late - early < 4 * MANY
