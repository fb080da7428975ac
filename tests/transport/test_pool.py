"""Connections that the client's pools keep or close."""

import math
from contextlib import suppress

import anyio
import pytest

from financial_connections import (
    APITimeoutError,
    AsyncClient,
    DeadlineExceededError,
    RequestOptions,
)
from financial_connections._transport import pool as pool_module
from financial_connections._transport.pool import ConnectionPool
from financial_connections._transport.wire import Origin
from financial_connections.events import RequestFinished
from tests.support.servers import (
    GENEROUS,
    GONE,
    http_response,
    read_request,
    reset,
    serving,
)

KEY = "sk_test_123"


class Server:
    """A server that stops responding on existing connections after a failover."""

    def __init__(self, *, resets=False):
        self.resets = resets
        self.has_failed_over = False
        self.opened = 0
        self.open = 0
        self.proceed = anyio.Event()

    async def __call__(self, stream):
        is_old = not self.has_failed_over
        self.opened += 1
        self.open += 1
        try:
            while True:
                await read_request(stream)
                await self.proceed.wait()
                if not (is_old and self.has_failed_over):
                    await stream.send(http_response())
                elif self.resets:
                    await reset(stream)
        finally:
            self.open -= 1

    async def idle_connections(self, client, number):
        """Make a client open `number` connections and keep them."""
        async with anyio.create_task_group() as tasks:
            for _ in range(number):
                tasks.start_soon(client.accounts.retrieve, "fca_1")
            with anyio.fail_after(60):
                while self.opened < number:
                    await anyio.wait_all_tasks_blocked()
            self.proceed.set()
        assert number == self.open


@pytest.fixture(params=["httpx", "aiohttp"])
def connect(request, anyio_backend):
    transport = (
        "aiohttp"
        if (request.param, anyio_backend) == ("aiohttp", "asyncio")
        else "httpx"
    )
    return lambda url, **settings: AsyncClient(
        KEY, base_url=url, transport=transport, **{"timeout": GENEROUS} | settings
    )


async def test_a_reset_of_a_reused_connection_closes_the_other_idle_ones(
    connect, no_waiting
):
    server, events = Server(resets=True), []
    async with (
        serving(server) as url,
        connect(url, max_retries=1, on_event=events.append) as client,
    ):
        await server.idle_connections(client, 5)
        server.has_failed_over = True
        events.clear()
        assert "fca_1" == (await client.accounts.retrieve("fca_1")).id
        assert [None, 200] == [
            event.status for event in events if isinstance(event, RequestFinished)
        ]
        await client.accounts.retrieve("fca_1")
        await anyio.wait_all_tasks_blocked()
        assert (6, 1) == (server.opened, server.open)


@pytest.mark.parametrize("limit", ["timeout", "deadline"])
async def test_a_reused_connection_that_times_out_closes_the_other_idle_ones(
    limit, connect, no_waiting
):
    server = Server()
    async with serving(server) as url, connect(url, max_retries=0) as client:
        await server.idle_connections(client, 5)
        server.has_failed_over = True
        if limit == "timeout":
            with pytest.raises(APITimeoutError):
                await client.accounts.retrieve(
                    "fca_1", options=RequestOptions(timeout=0.05)
                )
        else:
            with pytest.raises(DeadlineExceededError):
                await client.accounts.retrieve(
                    "fca_1", options=RequestOptions(deadline=0.05)
                )
        assert "fca_1" == (await client.accounts.retrieve("fca_1")).id
        await anyio.wait_all_tasks_blocked()
        assert (6, 1) == (server.opened, server.open)


@pytest.mark.parametrize("is_timed", [False, True], ids=["cancelled", "timed"])
async def test_a_cancelled_call_closes_only_its_own_connection(is_timed, connect):
    server = Server()
    async with serving(server) as url, connect(url) as client:
        await server.idle_connections(client, 5)
        server.has_failed_over = True
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.accounts.retrieve, "fca_1")
            await anyio.wait_all_tasks_blocked()
            if is_timed:
                tasks.cancel_scope.deadline = anyio.current_time() + 0.05
                await anyio.sleep_forever()
            tasks.cancel_scope.cancel()
        with anyio.fail_after(60):
            while server.open == 5:
                await anyio.wait_all_tasks_blocked()
        assert 4 == server.open
        server.has_failed_over = False
        await client.accounts.retrieve("fca_1")
        assert (5, 4) == (server.opened, server.open)


async def test_idle_connections_of_another_server_stay_open(connect, no_waiting):
    failing, other = Server(resets=True), Server()
    async with (
        serving(failing) as url,
        serving(other) as other_url,
        connect(url) as client,
    ):
        await failing.idle_connections(client, 2)
        await other.idle_connections(client.with_options(base_url=other_url), 2)
        failing.has_failed_over = True
        await client.accounts.retrieve("fca_1")
        assert 2 == other.open


async def test_the_next_call_closes_connections_that_the_server_has_closed(
    monkeypatch,
):
    """The call uses the newest connection, but servers close the oldest ones first."""
    closed_by_client, is_closing, connections = [], anyio.Event(), 0
    all_have_arrived = anyio.Event()

    async def handle(stream):
        nonlocal connections
        number = connections = connections + 1
        if number == 6:
            all_have_arrived.set()
        await read_request(stream)
        await all_have_arrived.wait()
        await stream.send(http_response())
        if number < 6:
            await is_closing.wait()
            await stream.send_eof()
        with suppress(*GONE):
            while True:
                await read_request(stream)
                await stream.send(http_response())
        closed_by_client.append(number)

    monkeypatch.setattr(pool_module, "_SWEEP_SECONDS", 0)
    async with serving(handle) as url, AsyncClient(KEY, base_url=url) as client:
        async with anyio.create_task_group() as tasks:
            for _ in range(6):
                tasks.start_soon(client.accounts.retrieve, "fca_1")
        is_closing.set()
        await anyio.wait_all_tasks_blocked()
        assert [] == closed_by_client
        await client.accounts.retrieve("fca_1")
        with anyio.fail_after(60):
            while len(closed_by_client) < 5:
                await anyio.wait_all_tasks_blocked()
        assert [1, 2, 3, 4, 5] == sorted(closed_by_client)


class Closed:
    """An idle connection that the server has closed.

    Closing it takes a step of the event loop.
    """

    def __init__(self):
        self.is_reused, self.was_closed = True, False

    def is_available(self):
        assert not self.was_closed, (
            "a connection that is being closed was examined again"
        )
        return False

    async def aclose(self):
        self.was_closed = True
        await anyio.lowlevel.checkpoint()


async def test_a_connection_that_is_being_closed_is_not_acquired():
    """trio raises a `ValueError` if a closed socket is examined."""
    pool, origin = ConnectionPool(5), Origin("http", "127.0.0.1")
    pool._swept_at = math.inf
    pool._idle[origin].extend((Closed(), math.inf) for _ in range(3))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(pool._acquire, origin)
        await anyio.lowlevel.checkpoint()
        await pool.aclose()
