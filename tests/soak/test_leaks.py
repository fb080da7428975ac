"""Ten thousand calls with faults and cancellations leak no memory or files."""

import gc
import random
import tracemalloc
from pathlib import Path

import anyio

from financial_connections import AsyncClient, FinancialConnectionsError
from tests.support.servers import http_response, read_request, reset, serving

CALLS = 10_000
FAULTS = [
    b"",
    b"HTTP/1.1 200 OK\r\nContent-Le",
    http_response(b"<h1>no</h1>", b"502 Bad Gateway"),
    http_response(b"["),
]


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def memory():
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def test_ten_thousand_calls_leak_nothing(no_waiting):  # noqa: C901 - self-contained
    rng = random.Random(7)
    outcomes = {"succeeded": 0, "failed": 0, "cancelled": 0}

    async def handle(stream):
        while True:
            await read_request(stream)
            # At this rate of faults, most calls that fail succeed when retried.
            if rng.random() < 0.15:
                await stream.send(rng.choice(FAULTS))
                await reset(stream)
                return
            await stream.send(http_response())

    async def call(client):
        with anyio.CancelScope() as scope:
            if rng.random() < 0.1:
                scopes_to_cancel.append(scope)
            try:
                await client.accounts.refresh("fca_1", features=["balance"])
                outcomes["succeeded"] += 1
            except FinancialConnectionsError:
                outcomes["failed"] += 1
        outcomes["cancelled"] += scope.cancelled_caught

    async def run_round(client, count):
        async with anyio.create_task_group() as tasks:
            for _ in range(count):
                tasks.start_soon(call, client)
            for _ in range(rng.randrange(8)):
                await anyio.lowlevel.checkpoint()
            while scopes_to_cancel:
                scopes_to_cancel.pop().cancel()

    scopes_to_cancel: list[anyio.CancelScope] = []
    async with serving(handle) as url:
        async with AsyncClient(
            "sk_test_1", base_url=url, max_connections=20, max_retries=1
        ) as client:
            await run_round(client, 100)
        tracemalloc.start()
        files, start = open_files(), memory()
        async with AsyncClient(
            "sk_test_1", base_url=url, max_connections=20, max_retries=1
        ) as client:
            for _ in range(CALLS // 100):
                await run_round(client, 100)
            assert 0 < sum(map(len, client._transport.backend._idle.values())) <= 20
        await anyio.wait_all_tasks_blocked()
        # The server may not have noticed yet that a client closed its 20 connections.
        assert open_files() <= files + 20
        assert memory() - start < 1_000_000
        tracemalloc.stop()
    assert CALLS + 100 == sum(outcomes.values())
    assert min(outcomes.values()) > 100
