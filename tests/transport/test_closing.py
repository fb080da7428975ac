"""`aclose` ends what is running at once, and says what became of it."""

import asyncio
import copy
import gc
import pickle
import subprocess
import sys
import textwrap
import threading
from contextlib import suppress

import anyio
import httpx
import pytest

from financial_connections import APIConnectionError, AsyncClient, ConfigurationError
from financial_connections._transport.closing import close_all
from financial_connections.events import RequestFinished
from tests.support.servers import http_response, read_request, serving

KEY = "sk_test_123"


class Server:
    """Answers with `answers`, one after the other, and then no more. Counts requests
    and open connections.
    """

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.open = 0
        self.arrived = anyio.Event()

    async def __call__(self, stream):
        self.open += 1
        try:
            while True:
                self.requests.append(await read_request(stream))
                if not self.answers:
                    self.arrived.set()
                    await stream.receive()  # until the client hangs up
                await stream.send(self.answers.pop(0))
        finally:
            self.open -= 1

    async def is_left(self):
        with anyio.fail_after(5):
            while self.open:
                await anyio.wait_all_tasks_blocked()


@pytest.fixture(params=["own", "aiohttp", "callers"])
async def connect(request, anyio_backend):
    if request.param == "callers":
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


class Call:
    """A call in a task of its own, and the error that it ends in."""

    error = None

    def __init__(self, tasks, call, *args, **kwargs):
        self.ended = anyio.Event()
        tasks.start_soon(self._run, call, args, kwargs)

    async def _run(self, call, args, kwargs):
        try:
            await call(*args, **kwargs)
        except (APIConnectionError, ConfigurationError) as error:
            self.error = error
        self.ended.set()
        await anyio.lowlevel.checkpoint()  # fails if the task itself was cancelled


async def test_a_call_in_flight_ends_at_once_and_keeps_its_idempotency_key(connect):
    server, events = Server(), []
    async with serving(server) as url, anyio.create_task_group() as tasks:
        client = connect(url, on_event=events.append)
        call = Call(tasks, client.accounts.refresh, "fca_1", features=["balance"])
        await server.arrived.wait()
        await client.aclose()
        await call.ended.wait()
        await server.is_left()
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


async def test_a_call_that_waits_for_its_retry_ends_at_once_and_names_the_error(
    connect,
):
    scheduled = anyio.Event()
    unavailable = http_response(
        b'{"error": {"message": "down"}}',
        b"503 X",
        b"Request-Id: req_1\r\nRetry-After: 60\r\n",
    )

    def note(event):
        if type(event).__name__ == "RetryScheduled":
            scheduled.set()

    async with serving(Server(unavailable)) as url, anyio.create_task_group() as tasks:
        client = connect(url, on_event=note)
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


@pytest.mark.parametrize("waits_for", ["a slot", "a permit"])
async def test_a_call_that_has_sent_nothing_is_told_that_the_client_is_closed(
    waits_for, connect
):
    server = Server(http_response())
    settings = (
        {"max_connections": 1} if waits_for == "a slot" else {"rate_limit": 0.001}
    )
    async with serving(server) as url, anyio.create_task_group() as tasks:
        client = connect(url, **settings)
        await client.accounts.retrieve("fca_1")
        calls = [Call(tasks, client.accounts.retrieve, "fca_1") for _ in range(3)]
        if waits_for == "a slot":
            await server.arrived.wait()
        await anyio.wait_all_tasks_blocked()
        sent = len(server.requests)
        await client.aclose()
        for call in calls:
            await call.ended.wait()
    # The one that has the slot has been sent.
    expected = [APIConnectionError, ConfigurationError, ConfigurationError]
    assert (expected if waits_for == "a slot" else [ConfigurationError] * 3) == sorted(
        (type(call.error) for call in calls), key=lambda kind: kind.__name__
    )
    assert sent == len(server.requests)


async def test_closing_twice_at_once_is_fine(connect):
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
        await server.is_left()
    assert "closed" == call.error.reason


async def test_closing_cancels_nobody_who_is_not_in_a_call(connect):
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


async def test_a_callers_client_stays_open():
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
        server.answers.append(http_response(b'{"own": true}'))
        assert {"own": True} == (await http_client.get(url)).json()


async def test_a_caller_who_is_cancelled_while_closing_leaves_no_socket_open(connect):
    server = Server()
    async with serving(server) as url, anyio.create_task_group() as tasks:
        client = connect(url)
        call = Call(tasks, client.accounts.retrieve, "fca_1")
        await server.arrived.wait()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await client.aclose()
        await call.ended.wait()
        await server.is_left()
    assert "closed" == call.error.reason


@pytest.mark.parametrize("first", ["asyncio", "trio"])
@pytest.mark.parametrize("second", ["asyncio", "trio"])
def test_closing_in_another_event_loop_ends_the_calls_in_theirs(first, second):
    client, error, arrived = None, None, threading.Event()

    async def call():
        nonlocal client, error
        server = Server()
        async with serving(server) as url, anyio.create_task_group() as tasks:
            client = AsyncClient(KEY, base_url=url)
            task = Call(tasks, client.accounts.retrieve, "fca_1")
            await server.arrived.wait()
            arrived.set()
            await task.ended.wait()
            await server.is_left()
        error = task.error

    thread = threading.Thread(target=anyio.run, args=(call,), kwargs={"backend": first})
    thread.start()
    assert arrived.wait(10)
    anyio.run(client.aclose, backend=second)
    thread.join(10)
    assert not thread.is_alive()
    assert "closed" == error.reason


@pytest.mark.parametrize("first", ["asyncio", "trio"])
@pytest.mark.parametrize("second", ["asyncio", "trio"])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_closing_after_the_event_loop_has_ended_does_not_hang(first, second):
    async def call():
        async with serving(Server(http_response())) as url:
            client = AsyncClient(KEY, base_url=url)
            await client.accounts.retrieve("fca_1")
        return client

    async def close(client):
        await client.aclose()
        with pytest.raises(ConfigurationError, match="closed"):
            await client.accounts.retrieve("fca_1")

    client = anyio.run(call, backend=first)
    anyio.run(close, client, backend=second)
    del client
    gc.collect()


STILL_STANDING = {
    "stopped": """
        loop = asyncio.new_event_loop()
        loop.run_until_complete(use())
    """,
    "blocked asyncio": """
        threading.Thread(target=anyio.run, args=(use_and_block,), kwargs={"backend": "asyncio"}, daemon=True).start()
        used.wait()
    """,
    "blocked trio": """
        threading.Thread(target=anyio.run, args=(use_and_block,), kwargs={"backend": "trio"}, daemon=True).start()
        used.wait()
    """,
}


@pytest.mark.parametrize("second", ["asyncio", "trio"])
@pytest.mark.parametrize(
    ("first", "transport"),
    [(first, "httpx") for first in STILL_STANDING]
    + [("stopped", "aiohttp"), ("blocked asyncio", "aiohttp")],
)
def test_a_process_exits_after_closing_a_client_whose_event_loop_stands_still(
    first, second, transport
):
    program = (
        """
import asyncio, sys, threading
import anyio
from financial_connections import AsyncClient
from financial_connections._transport import closing
from financial_connections.sandbox import Sandbox, serve

closing._MAX_WAIT = 0.1
used, never = threading.Event(), threading.Event()

async def use():
    await client.accounts.retrieve(account)

async def use_and_block():
    await use()
    used.set()
    never.wait()

sandbox = Sandbox()
account = sandbox.add_account()
with serve(sandbox) as server:
    client = AsyncClient(sandbox.api_key, base_url=server.url, transport=sys.argv[1])
"""
        + textwrap.indent(textwrap.dedent(STILL_STANDING[first]), "    ")
        + """
    anyio.run(client.aclose, backend=sys.argv[2])
    anyio.run(client.aclose, backend=sys.argv[2])
print("closed")
"""
    )
    command = [sys.executable, "-c", program, transport, second]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60
    )
    assert ("closed\n", 0) == (done.stdout, done.returncode), done.stderr


class Resource:
    """Closes after a while, or with an error."""

    def __init__(self, *, error=None):
        self.error = error
        self.is_closed = False

    async def aclose(self):
        self.is_closed = True
        if self.error:
            raise self.error
        await anyio.lowlevel.checkpoint()


async def test_an_error_in_closing_one_connection_leaves_no_other_open():
    first, second = OSError("first"), OSError("second")
    resources = [Resource(), Resource(error=first), Resource(error=second), Resource()]
    with pytest.raises(OSError, match="first"):
        await close_all(resources)
    assert all(resource.is_closed for resource in resources)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
@pytest.mark.parametrize("iterations", range(6))
async def test_a_native_cancellation_while_closing_leaves_no_connection_open(
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
        await server.is_left()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_native_cancellation_after_a_failover_leaves_no_connection_open():
    server = Server(*[http_response()] * 5)
    async with (
        serving(server) as url,
        AsyncClient(KEY, base_url=url, timeout=0.05, max_retries=0) as client,
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
        call = asyncio.ensure_future(client.accounts.retrieve("fca_1"))
        await asyncio.gather(call, return_exceptions=True)
        await server.is_left()
