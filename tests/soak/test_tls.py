"""Hundreds of calls over TLS on every backend, cancelled or closed at random."""

import asyncio
import random
import ssl
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import anyio
import httpx
import httpx2
import pytest
import trustme

from financial_connections import AsyncClient, FinancialConnectionsError
from financial_connections._transport import aiohttp_connections
from financial_connections._transport import pool as own_pool
from tests.support.servers import http_response, read_request, serving

LIMIT = 5
ROUNDS = 60
CALLS = 15
LIBRARIES = {"httpx": httpx, "httpx2": httpx2}


@pytest.fixture(params=["own", "aiohttp", "httpx", "httpx2"])
def backend(request):
    return request.param


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def trusting(authority, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    for module in (own_pool, aiohttp_connections):
        monkeypatch.setattr(module, "tls_context", lambda: context)
    return context


@pytest.fixture
def server_tls(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


async def settle():
    """Let the server notice that connections have been closed."""
    for _ in range(20):
        await anyio.wait_all_tasks_blocked()


async def open_client(stack, backend, url, trusting):
    if library := LIBRARIES.get(backend):
        http_client = await stack.enter_async_context(
            library.AsyncClient(verify=trusting)
        )
        settings = {"http_client": http_client}
    else:
        settings = {"transport": "httpx" if backend == "own" else backend}
    return AsyncClient(
        "sk_test_1",
        base_url=url,
        max_connections=LIMIT,
        max_retries=1,
        timeout=20,
        **settings,
    )


async def handle(stream):
    """Respond in two parts, so that calls can be interrupted while reading the body."""
    while True:
        head, _ = await read_request(stream)
        response = http_response(b'{"id": "%s"}' % head.split()[1].rpartition(b"/")[2])
        await stream.send(response[:-5])
        await anyio.lowlevel.checkpoint()
        await stream.send(response[-5:])


class Caller:
    """A caller that is interrupted at random points and counts the outcomes."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.outcomes = {"succeeded": 0, "failed": 0, "cancelled": 0}

    async def call(self, client, n):
        try:
            if self.random.random() < 0.3:
                async with asyncio.timeout(self.random.random() * 0.02):
                    account = await client.accounts.retrieve(f"fca_{n}")
            else:
                account = await client.accounts.retrieve(f"fca_{n}")
        except FinancialConnectionsError:
            self.outcomes["failed"] += 1
        except (asyncio.CancelledError, TimeoutError):
            self.outcomes["cancelled"] += 1
        else:
            assert f"fca_{n}" == account.id
            self.outcomes["succeeded"] += 1

    async def interrupt(self, tasks):
        for task in tasks:
            for _ in range(self.random.randrange(8)):
                await asyncio.sleep(0)
            if self.random.random() < 0.5:
                task.cancel()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.asyncio
async def test_cancelled_calls_leave_no_socket_open_and_release_permits(
    seed, backend, trusting, server_tls
):
    caller = Caller(seed)
    async with serving(handle, tls=server_tls) as url:
        await settle()
        files = open_files()
        async with AsyncExitStack() as stack:
            client = await open_client(stack, backend, url, trusting)
            for _ in range(ROUNDS):
                tasks = [
                    asyncio.ensure_future(caller.call(client, n)) for n in range(CALLS)
                ]
                await caller.interrupt(tasks)
                await asyncio.gather(*tasks, return_exceptions=True)
            assert LIMIT == client._transport.backend.limiter._semaphore.value
            for n in range(2 * LIMIT):
                assert f"fca_{n}" == (await client.accounts.retrieve(f"fca_{n}")).id
            await client.aclose()
        await assert_files(files)
    assert min(caller.outcomes["succeeded"], caller.outcomes["cancelled"]) > ROUNDS


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.asyncio
async def test_closing_at_any_point_leaves_no_socket_open(
    seed, backend, trusting, server_tls
):
    caller = Caller(seed)
    async with serving(handle, tls=server_tls) as url:
        await settle()
        files = open_files()
        for _ in range(ROUNDS):
            async with AsyncExitStack() as stack:
                client = await open_client(stack, backend, url, trusting)
                tasks = [
                    asyncio.ensure_future(caller.call(client, n)) for n in range(CALLS)
                ]
                for _ in range(caller.random.randrange(80)):
                    await asyncio.sleep(0)
                await client.aclose()
                await asyncio.gather(*tasks)
                assert LIMIT == client._transport.backend.limiter._semaphore.value
                with suppress(FinancialConnectionsError):
                    await client.accounts.retrieve("fca_1")
                    pytest.fail("the client is closed")
        await assert_files(files)
    assert ROUNDS * CALLS == sum(caller.outcomes.values())
    assert caller.outcomes["failed"] > ROUNDS


async def assert_files(count):
    with anyio.fail_after(10):
        while open_files() > count:
            await anyio.lowlevel.checkpoint()
