"""`AsyncClient.warm`, over each backend."""

import json
import sys

import anyio
import httpx
import pytest

from financial_connections import (
    APIConnectionError,
    AsyncClient,
    AuthenticationError,
    ConfigurationError,
)
from tests.support.samples import ACCOUNT, SESSION, TRANSACTION, list_of
from tests.support.servers import http_response, read_request, serving

KEY = "sk_test_51H8supersecret"
EMPTY = json.dumps(list_of()).encode()
BODIES = {
    b"/accounts/": ACCOUNT,
    b"/accounts?": list_of(ACCOUNT),
    b"/events?": list_of(),
    b"/sessions/": SESSION,
    b"/transactions?": list_of(TRANSACTION),
}


class Server:
    """Counts connections and requests, and can hold responses back."""

    def __init__(self):
        self.connections = self.requests = 0
        self.expected = 1
        self.arrived = anyio.Event()

    def wait_for(self, requests):
        """Respond only when so many more requests have arrived."""
        self.expected, self.arrived = self.requests + requests, anyio.Event()

    async def handle(self, stream):
        self.connections += 1
        while True:
            head, _ = await read_request(stream)
            self.requests += 1
            if self.requests >= self.expected:
                self.arrived.set()
            await self.arrived.wait()
            body = next(body for path, body in BODIES.items() if path in head)
            await stream.send(http_response(json.dumps(body).encode()))


async def retrieve_at_once(client, count):
    async with anyio.create_task_group() as tasks:
        for _ in range(count):
            tasks.start_soon(client.accounts.retrieve, "fca_1")


async def test_calls_use_the_connections_that_warm_opened(connect):
    server = Server()
    async with serving(server.handle) as url, connect(url) as client:
        server.wait_for(5)
        await client.warm(connections=5)
        assert (5, 5) == (server.connections, server.requests)
        server.wait_for(5)
        await retrieve_at_once(client, 5)
        assert (5, 10) == (server.connections, server.requests)


class OneAtATime:
    """A rate limit under which a request starts once the previous one has ended."""

    def __init__(self):
        self.lock = anyio.Lock()

    def permit(self, _):
        return self.lock


async def test_requests_that_wait_for_each_other_have_their_own_connections(
    connect,
):
    server = Server()
    async with (
        serving(server.handle) as url,
        connect(url, rate_limit=OneAtATime()) as client,
    ):
        await client.warm(connections=3)
        assert (3, 3) == (server.connections, server.requests)
        await client.warm(connections=2)
        assert (3, 5) == (server.connections, server.requests)


async def test_warm_opens_one_connection_by_default(connect):
    server = Server()
    async with serving(server.handle) as url, connect(url) as client:
        await client.warm()
        await client.accounts.retrieve("fca_1")
    assert (1, 2) == (server.connections, server.requests)


@pytest.mark.parametrize("connections", [0, -1, 4, 1.0, True, None])
async def test_an_unusable_number_of_connections_is_rejected(connect, connections):
    server = Server()
    async with (
        serving(server.handle) as url,
        connect(url, max_connections=3) as client,
    ):
        with pytest.raises(ConfigurationError, match="connections"):
            await client.warm(connections)
    assert 0 == server.connections


async def test_the_pool_of_an_injected_client_limits_the_connections():
    limits = httpx.Limits(max_connections=2)
    async with (
        httpx.AsyncClient(limits=limits) as http,
        AsyncClient(KEY, http_client=http) as client,
    ):
        with pytest.raises(ConfigurationError, match="at most 2"):
            await client.warm(connections=3)


async def test_connections_can_be_used_again_after_an_error(connect):
    calls = 0

    async def handle(stream):
        nonlocal calls
        while True:
            await read_request(stream)
            calls += 1
            failed = calls == 2
            status = b"401 Unauthorized" if failed else b"200 OK"
            await stream.send(http_response(b"{}" if failed else EMPTY, status))

    async with (
        serving(handle) as url,
        connect(url, max_connections=3, rate_limit=OneAtATime()) as client,
    ):
        with pytest.raises(AuthenticationError):
            await client.warm(connections=3)
        await client.warm(connections=3)


async def test_a_server_that_cannot_be_reached_is_an_error(connect):
    async with serving(read_request) as url:
        pass
    async with connect(url, max_retries=0) as client:
        with pytest.raises(APIConnectionError) as caught:
            await client.warm(connections=2)
    assert "refused" == caught.value.reason


async def test_a_cancelled_warm_holds_no_connection(connect):
    """Cancel it while one connection is held and the next response is awaited."""
    server, waiting = Server(), anyio.Event()

    async def handle(stream):
        server.connections += 1
        while True:
            await read_request(stream)
            server.requests += 1
            if server.requests == 2:
                waiting.set()
                await anyio.sleep_forever()
            await stream.send(http_response(EMPTY))

    async with (
        serving(handle) as url,
        connect(url, max_connections=2, rate_limit=OneAtATime()) as client,
    ):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.warm, 2)
            await waiting.wait()
            tasks.cancel_scope.cancel()
        await client.warm(connections=2)
    assert (3, 4) == (server.connections, server.requests)


async def test_closing_the_client_closes_held_connections():
    """Close it while one connection is held and the next response is awaited."""
    server, waiting, ended = Server(), anyio.Event(), 0

    async def handle(stream):
        nonlocal ended
        try:
            await read_request(stream)
            server.requests += 1
            if server.requests == 2:
                waiting.set()
            else:
                await stream.send(http_response(EMPTY))
            await stream.receive()
        finally:
            ended += 1

    async def warm(client):
        with pytest.raises(APIConnectionError) as caught:
            await client.warm(connections=2)
        assert "closed" == caught.value.reason

    async with (
        serving(handle) as url,
        AsyncClient(KEY, base_url=url, rate_limit=OneAtATime()) as client,
    ):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(warm, client)
            await waiting.wait()
            await client.aclose()
        with anyio.fail_after(60):
            while ended < 2:
                await anyio.lowlevel.checkpoint()


FIRST_CALLS = """
import sys, anyio
from financial_connections import AsyncClient

async def main():
    async with AsyncClient("sk_test_1", base_url={url!r}, transport={transport!r}) as c:
        await c.warm()
        loaded = set(sys.modules)
        await c.accounts.retrieve("fca_1")
        await c.sessions.retrieve("fcsess_1")
        async for _ in c.accounts.list(): pass
        async for _ in c.events.list(): pass
        async for _ in c.transactions.list(account="fca_1"): pass
        print(*sorted(set(sys.modules) - loaded))

anyio.run(main, backend={library!r})
"""


@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
async def test_a_first_call_loads_nothing_after_warm(transport, anyio_backend_name):
    if (transport, anyio_backend_name) == ("aiohttp", "trio"):
        pytest.skip("aiohttp works under asyncio only")
    server = Server()
    async with serving(server.handle) as url:
        program = FIRST_CALLS.format(
            url=url, transport=transport, library=anyio_backend_name
        )
        process = await anyio.run_process([sys.executable, "-c", program])
    assert b"" == process.stdout.strip()
    assert 6 == server.requests
