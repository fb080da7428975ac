"""`aclose` ends running calls and closes their connections."""

import asyncio
import copy
import pickle
from contextlib import suppress

import anyio
import httpx
import pytest

from financial_connections import (
    APIConnectionError,
    AsyncClient,
    ConfigurationError,
    ServerError,
)
from financial_connections._transport.closing import close_all
from financial_connections.events import (
    CallFinished,
    CallStarted,
    RequestFinished,
    RequestStarted,
    RetryScheduled,
)
from tests.support.running_calls import Call, Server
from tests.support.servers import GENEROUS, http_response, serving

KEY = "sk_test_123"


@pytest.fixture(params=["own pool", "aiohttp", "injected"])
async def connect(request, anyio_backend):
    if request.param == "injected":
        async with httpx.AsyncClient() as http_client:
            yield lambda url, **settings: AsyncClient(
                KEY, base_url=url, http_client=http_client, **settings
            )
        return
    transport = (
        "aiohttp"
        if (request.param, anyio_backend) == ("aiohttp", "asyncio")
        else "httpx"
    )
    yield lambda url, **settings: AsyncClient(
        KEY, base_url=url, transport=transport, **settings
    )


async def test_a_call_in_flight_ends_at_once_with_its_idempotency_key(connect):
    server, events = Server(), []
    async with serving(server) as url, anyio.create_task_group() as tasks:
        client = connect(url, on_event=events.append)
        call = Call(tasks, client.accounts.refresh, "fca_1", features=["balance"])
        await server.arrived.wait()
        await client.aclose()
        await call.ended.wait()
        await server.wait_until_all_are_closed()
    assert APIConnectionError is type(call.error)
    assert "the client was closed" in str(call.error)
    assert (1, "closed", None) == (
        call.error.attempts,
        call.error.reason,
        call.error.__context__,
    )
    assert server.requests[0][0].count(call.error.idempotency_key.encode()) == 1
    assert 1 == len(server.requests)
    [finished] = [event for event in events if isinstance(event, RequestFinished)]
    assert ("APIConnectionError", None) == (finished.error, finished.status)
    for copied in (pickle.loads(pickle.dumps(call.error)), copy.copy(call.error)):
        assert vars(call.error) == vars(copied)


async def test_a_call_waiting_for_its_retry_ends_at_once_with_the_last_error(
    connect,
):
    scheduled = anyio.Event()
    unavailable = http_response(
        b'{"error": {"message": "down"}}',
        b"503 X",
        b"Request-Id: req_1\r\nRetry-After: 60\r\n",
    )

    def on_event(event):
        if type(event).__name__ == "RetryScheduled":
            scheduled.set()

    async with serving(Server(unavailable)) as url, anyio.create_task_group() as tasks:
        client = connect(url, on_event=on_event)
        call = Call(tasks, client.accounts.disconnect, "fca_1")
        await scheduled.wait()
        await anyio.wait_all_tasks_blocked()
        await client.aclose()
        await call.ended.wait()
    assert APIConnectionError is type(call.error)
    assert "down (status 503, request req_1)" in str(call.error)
    assert ("req_1", 1, "closed") == (
        call.error.request_id,
        call.error.attempts,
        call.error.reason,
    )
    assert call.error.idempotency_key


@pytest.mark.parametrize("waits_for", ["a connection", "a permit"])
async def test_a_call_that_was_not_sent_raises_a_configuration_error(
    waits_for, connect
):
    server = Server(http_response())
    settings = (
        {"max_connections": 1} if waits_for == "a connection" else {"rate_limit": 0.001}
    )
    async with serving(server) as url, anyio.create_task_group() as tasks:
        client = connect(url, **settings)
        await client.accounts.retrieve("fca_1")
        calls = [Call(tasks, client.accounts.retrieve, "fca_1") for _ in range(3)]
        if waits_for == "a connection":
            await server.arrived.wait()
        await anyio.wait_all_tasks_blocked()
        sent = len(server.requests)
        await client.aclose()
        for call in calls:
            await call.ended.wait()
    # The call that holds the connection has been sent.
    expected = [APIConnectionError, ConfigurationError, ConfigurationError]
    assert (
        expected if waits_for == "a connection" else [ConfigurationError] * 3
    ) == sorted((type(call.error) for call in calls), key=lambda kind: kind.__name__)
    assert sent == len(server.requests)


async def test_closing_twice_concurrently_succeeds(connect):
    server = Server()
    async with serving(server) as url, anyio.create_task_group() as tasks:
        client = connect(url)
        call = Call(tasks, client.accounts.retrieve, "fca_1")
        await server.arrived.wait()
        async with anyio.create_task_group() as closing:
            for _ in range(5):
                closing.start_soon(client.aclose)
        assert call.ended.is_set()
        await client.aclose()
        await server.wait_until_all_are_closed()
    assert "closed" == call.error.reason


async def test_closing_cancels_only_calls(connect):
    server = Server()
    async with serving(server) as url, anyio.create_task_group() as tasks:
        client = connect(url, max_retries=0)

        async def program():
            with suppress(APIConnectionError):
                await client.accounts.retrieve("fca_1")
            await anyio.lowlevel.checkpoint()
            with pytest.raises(ConfigurationError, match="closed"):
                await client.accounts.retrieve("fca_1")
            reached.append(True)

        reached = []
        tasks.start_soon(program)
        await server.arrived.wait()
        await client.aclose()
    assert [True] == reached


async def test_an_injected_client_stays_open():
    server = Server()
    async with (
        serving(server) as url,
        httpx.AsyncClient() as http_client,
        anyio.create_task_group() as tasks,
    ):
        client = AsyncClient(KEY, base_url=url, http_client=http_client)
        call = Call(tasks, client.accounts.retrieve, "fca_1")
        await server.arrived.wait()
        await client.aclose()
        assert call.ended.is_set()
        assert not http_client.is_closed
        server.responses.append(http_response(b'{"own": true}'))
        assert {"own": True} == (await http_client.get(url)).json()


async def test_a_cancelled_close_leaves_no_socket_open(connect):
    server = Server()
    async with serving(server) as url, anyio.create_task_group() as tasks:
        client = connect(url)
        call = Call(tasks, client.accounts.retrieve, "fca_1")
        await server.arrived.wait()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await client.aclose()
        await call.ended.wait()
        await server.wait_until_all_are_closed()
    assert "closed" == call.error.reason


class Resource:
    """A resource that takes one step of the event loop to close, or fails to close."""

    def __init__(self, *, error=None):
        self.error = error
        self.is_closed = False

    async def aclose(self):
        self.is_closed = True
        if self.error:
            raise self.error
        await anyio.lowlevel.checkpoint()


async def test_an_error_while_closing_leaves_no_other_connection_open():
    first, second = OSError("first"), OSError("second")
    resources = [Resource(), Resource(error=first), Resource(error=second), Resource()]
    with pytest.raises(OSError, match="first"):
        await close_all(resources)
    assert all(resource.is_closed for resource in resources)


@pytest.mark.asyncio
@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
@pytest.mark.parametrize("iterations", range(6))
async def test_a_native_cancellation_of_a_close_leaves_no_connection_open(
    iterations, transport
):
    server, number = Server(*[http_response()] * 10), 5
    async with serving(server) as url, serving(server) as other_url:
        client = AsyncClient(KEY, base_url=url, transport=transport)
        other = client.with_options(base_url=other_url)
        async with anyio.create_task_group() as tasks:
            for _ in range(number):
                tasks.start_soon(client.accounts.retrieve, "fca_1")
                tasks.start_soon(other.accounts.retrieve, "fca_1")
        assert server.open > 1
        closing = asyncio.ensure_future(client.aclose())
        for _ in range(iterations):
            await asyncio.sleep(0)
        closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)
        await client.aclose()
        await server.wait_until_all_are_closed()


@pytest.mark.asyncio
async def test_a_native_cancellation_after_a_failover_leaves_no_connection_open():
    server = Server(*[http_response()] * 5)
    async with (
        serving(server) as url,
        AsyncClient(KEY, base_url=url, timeout=GENEROUS, max_retries=0) as client,
    ):
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(client.accounts.retrieve, "fca_1")
        assert server.open > 1
        [idle] = client._transport.backend._idle.values()
        newest = idle[-1][0]
        close = newest.aclose

        async def close_and_be_cancelled():
            call.cancel()
            await close()

        newest.aclose = close_and_be_cancelled
        hurried = client.with_options(timeout=0.05)
        call = asyncio.ensure_future(hurried.accounts.retrieve("fca_1"))
        await asyncio.gather(call, return_exceptions=True)
        await server.wait_until_all_are_closed()


async def test_a_call_that_waits_to_retry_ends_when_its_client_is_closed(monkeypatch):
    """The retry begins before the call is cancelled, and finds the client closed."""
    waiting, closing = anyio.Event(), anyio.Event()

    async def sleep(seconds):
        waiting.set()
        with anyio.CancelScope(shield=True):
            await closing.wait()

    monkeypatch.setattr(anyio, "sleep", sleep)
    events, errors = [], []
    http_client = httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(500, json={}))
    )
    client = AsyncClient(KEY, http_client=http_client, on_event=events.append)

    async def call():
        try:
            await client.accounts.retrieve("fca_1")
        except APIConnectionError as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await waiting.wait()
        tasks.start_soon(client.aclose)
        await anyio.lowlevel.checkpoint()
        closing.set()
    [error] = errors
    assert ("closed", 1) == (error.reason, error.attempts)
    assert isinstance(error.__cause__, ServerError)
    assert 1 == str(error).count("the previous attempt failed")
    assert [
        CallStarted,
        RequestStarted,
        RequestFinished,
        RetryScheduled,
        CallFinished,
    ] == [*map(type, events)]
