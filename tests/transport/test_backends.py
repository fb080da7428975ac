"""Every fault has the same outcome with every backend, and clients stay usable."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import httpx2
import pytest
import trustme

from financial_connections import AsyncClient, FinancialConnectionsError, Timeout
from financial_connections._transport import aiohttp_connections, coding
from financial_connections._transport import pool as own_pool
from financial_connections.events import (
    CallFinished,
    CallStarted,
    ContractMismatch,
    RateLimited,
    RequestStarted,
)
from tests.support.faults import (
    BODY,
    CLOSE,
    DEVIATIONS,
    FAULTS,
    HANG,
    RESET,
    Fault,
    Outcome,
    failed,
    table,
)
from tests.support.servers import GENEROUS, http_response, read_request, reset, serving

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "http.md"
KEY = "sk_test_1"
LIMIT = 3
BACKENDS = {
    "own pool on asyncio": ("own", "asyncio"),
    "own pool on trio": ("own", "trio"),
    "aiohttp": ("aiohttp", "asyncio"),
    "injected httpx on asyncio": ("httpx", "asyncio"),
    "injected httpx on trio": ("httpx", "trio"),
    "injected httpx2 on asyncio": ("httpx2", "asyncio"),
    "injected httpx2 on trio": ("httpx2", "trio"),
}


@pytest.fixture(params=BACKENDS.values(), ids=BACKENDS)
def backend(request):
    return request.param[0]


@pytest.fixture
def anyio_backend(request):
    return request.node.callspec.params["backend"][1]


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def trusted(authority):
    # Without the system's certificates, which are slow to load.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return context


@pytest.fixture
def trusting(trusted, monkeypatch):
    for module in (own_pool, aiohttp_connections):
        monkeypatch.setattr(module, "tls_context", lambda: trusted)
    return trusted


@pytest.fixture(scope="module")
def server_tls(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


class Server:
    """A server that is faulty until it is healed, and counts requests."""

    def __init__(self, fault):
        self.fault = fault
        self.is_healed = False
        self.requests = []
        self.arrived = anyio.Event()
        self._open = 0
        self._all_closed = anyio.Event()

    async def accept(self, stream):
        self._open += 1
        self._all_closed = anyio.Event()
        try:
            await self._handle(stream)
        finally:
            self._open -= 1
            if not self._open:
                self._all_closed.set()

    async def wait_until_all_are_closed(self):
        with anyio.fail_after(60):
            while self._open:
                await self._all_closed.wait()

    async def _handle(self, stream):
        if self.fault.on_connect and not self.is_healed:
            await self._break_connection(stream)
            return
        while True:
            head, _ = await read_request(stream)
            if self.is_healed:
                await stream.send(
                    http_response(b'{"id": "%s"}' % head.split()[1].rpartition(b"/")[2])
                )
                continue
            self.requests.append(head)
            self.arrived.set()
            if not await self.fault.respond(stream):
                return

    async def _break_connection(self, stream):
        if self.fault.on_connect == RESET:
            await reset(stream)
        elif self.fault.on_connect != CLOSE:
            await stream.receive()
            while self.fault.on_connect == HANG:
                await stream.receive()


@asynccontextmanager
async def connect(backend, url, *, trusting=False, **settings):
    library = {"httpx": httpx, "httpx2": httpx2}.get(backend)
    settings = {
        "timeout": GENEROUS,
        "base_url": url,
        "max_connections": LIMIT,
    } | settings
    if library is None:
        async with AsyncClient(
            KEY, transport="httpx" if backend == "own" else backend, **settings
        ) as client:
            yield client
        return
    async with library.AsyncClient(verify=trusting) as http_client:
        async with AsyncClient(KEY, http_client=http_client, **settings) as client:
            yield client


async def result_of(call):
    try:
        return await call
    except FinancialConnectionsError as error:
        return error


def outcome_of(result, server, events):
    is_error = isinstance(result, Exception)
    # The faults' bodies are short, so they lack fields that the contract guarantees.
    others = CallStarted | CallFinished | ContractMismatch | RateLimited
    events = [event for event in events if not isinstance(event, others)]
    started = [event for event in events if isinstance(event, RequestStarted)]
    return Outcome(
        type(result).__name__,
        result.attempts if is_error else len(started),
        len(server.requests),
        len(events),
        result.retryable if is_error else None,
        getattr(result, "status", None) if is_error else None,
        result.request_id,
        getattr(result, "reason", None),
    )


def running_tasks(anyio_backend):
    return asyncio.all_tasks() if anyio_backend == "asyncio" else None


def assert_all_permits_are_free(client):
    assert LIMIT == client._transport.backend.limiter._semaphore.value
    assert not client._transport.backend.limiter._calls


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_has_the_same_outcome_with_every_backend(
    name, backend, anyio_backend, trusting, no_waiting, monkeypatch
):
    monkeypatch.setattr(coding, "MAX_BODY_BYTES", 65_536)
    fault = FAULTS[name]
    expected, _ = DEVIATIONS.get((name, backend), (fault.outcome, ""))
    tasks = running_tasks(anyio_backend)
    outcome = await outcome_over(backend, fault, trusting, fault.settings)
    for timeout in (4, 32):
        # On a machine under load, a short timeout can expire before the server has
        # received the request.
        if "timeout" in fault.settings and outcome.requests < expected.requests:
            settings = fault.settings | {"timeout": Timeout(timeout, connect=timeout)}
            outcome = await outcome_over(backend, fault, trusting, settings)
    assert expected == outcome
    assert tasks == running_tasks(anyio_backend)


async def outcome_over(backend, fault, trusting, settings):
    """Return the outcome of a call, and check that the client is usable afterwards."""
    server, events = Server(fault), []
    settings = {"max_retries": 1, "on_event": events.append} | settings
    async with serving(server.accept) as url:
        # TLS fails before the server has sent anything, so it needs no
        # certificate.
        address = url.replace("http:", "https:") if fault.is_secured else url
        async with connect(backend, address, trusting=trusting, **settings) as client:
            outcome = outcome_of(
                await result_of(client.accounts.retrieve("fca_1")), server, events
            )
            server.is_healed = True
            again = client.with_options(base_url=url, timeout=GENEROUS)
            assert ["fca_2", "fca_3"] == [
                (await again.accounts.retrieve(one)).id for one in ("fca_2", "fca_3")
            ]
            assert_all_permits_are_free(client)
        await server.wait_until_all_are_closed()
    return outcome


@pytest.mark.parametrize("is_secured", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("size", [1, 30, None], ids=["one byte", "half a head", "all"])
async def test_data_that_arrives_on_an_idle_connection_never_reaches_a_call(
    size, is_secured, backend, trusting, server_tls
):
    stray = http_response(b'{"id": "stray"}')
    idle, sent = anyio.Event(), anyio.Event()

    async def handle(stream):
        nonlocal idle
        while True:
            head, _ = await read_request(stream)
            await stream.send(
                http_response(b'{"id": "%s"}' % head.split()[1].rpartition(b"/")[2])
            )
            await idle.wait()
            idle = anyio.Event()
            await stream.send(stray[:size])
            sent.set()

    async with (
        serving(handle, tls=server_tls if is_secured else None) as url,
        connect(backend, url, trusting=trusting, max_retries=0) as client,
    ):
        for n in range(5):
            assert f"fca_{n}" == (await client.accounts.retrieve(f"fca_{n}")).id
            idle.set()
            await sent.wait()
            sent = anyio.Event()


@pytest.mark.parametrize("is_secured", [False, True], ids=["http", "https"])
async def test_connections_are_reused(is_secured, backend, trusting, server_tls):
    connections = 0

    async def handle(stream):
        nonlocal connections
        connections += 1
        while True:
            await read_request(stream)
            await stream.send(http_response())

    async with (
        serving(handle, tls=server_tls if is_secured else None) as url,
        connect(backend, url, trusting=trusting) as client,
    ):
        for _ in range(5):
            await client.accounts.retrieve("fca_1")
        await client.accounts.refresh("fca_1", features=["balance"])
    assert 1 == connections


@pytest.mark.parametrize(
    "send", [b"", http_response()[:-4]], ids=["before the response", "in the body"]
)
async def test_closing_ends_running_calls(send, backend, anyio_backend):
    server, events, results = Server(Fault(failed(), send, HANG)), [], []
    tasks = running_tasks(anyio_backend)

    async def call(client):
        results.append(
            outcome_of(
                await result_of(client.accounts.retrieve("fca_1")), server, events
            )
        )

    async with serving(server.accept) as url:
        async with (
            connect(backend, url, on_event=events.append) as client,
            anyio.create_task_group() as group,
        ):
            group.start_soon(call, client)
            await server.arrived.wait()
            await anyio.wait_all_tasks_blocked()
            await client.aclose()
            assert_all_permits_are_free(client)
        await server.wait_until_all_are_closed()
    assert [("APIConnectionError", 1, 1, 2)] == [result[:4] for result in results]
    assert tasks == running_tasks(anyio_backend)


async def test_closing_ends_the_wait_before_a_retry(backend, anyio_backend):
    server, results, waiting = (
        Server(Fault(failed(), http_response(BODY, b"503 X"))),
        [],
        anyio.Event(),
    )
    events = []

    def on_event(event):
        events.append(event)
        if type(event).__name__ == "RetryScheduled":
            waiting.set()

    async def call(client):
        results.append(
            outcome_of(
                await result_of(client.accounts.retrieve("fca_1")), server, events
            )
        )

    async with serving(server.accept) as url:
        async with (
            connect(backend, url, on_event=on_event) as client,
            anyio.create_task_group() as group,
        ):
            group.start_soon(call, client)
            await waiting.wait()
            await client.aclose()
            assert_all_permits_are_free(client)
        await server.wait_until_all_are_closed()
    assert [1, 1, 3] == [number for result in results for number in result[1:4]]


def test_the_page_contains_the_table():
    page = PAGE.read_text()
    assert table() in page
    for (name, _), (_, reason) in DEVIATIONS.items():
        assert f"{name}: {reason}" in " ".join(page.split())
