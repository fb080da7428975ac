"""No repr, log line, error or pickle leaks a key, a secret or personal data."""

import json
import logging
import pickle
import traceback

import anyio
import httpx
import pytest

from financial_connections import (
    AsyncClient,
    ConfigurationError,
    FinancialConnectionsError,
    InvalidArgumentError,
    RequestOptions,
)
from financial_connections._transport import coding as _coding
from tests.support.samples import ACCOUNT, FULL_ACCOUNT, OWNERSHIP, SESSION
from tests.support.servers import http_response, read_request, reset, serving
from tests.support.wire_faults import FAULTS, OPEN, RST

KEY = "sk_test_markedMARKEDmarked"
OWNER = "Ada Marked Lovelace"
CLIENT_SECRET = "fcsess_client_secret_marked"
SECRETS = (KEY, OWNER, CLIENT_SECRET, "ada@marked.example", "+1 555 0199")
BANK_DATA = {
    "id": "fca_1",
    "client_secret": CLIENT_SECRET,
    "ownership": OWNERSHIP
    | {
        "owners": {
            "data": [
                {"name": OWNER, "email": "ada@marked.example", "phone": "+1 555 0199"}
            ],
            "has_more": False,
        }
    },
}


def traces_of(error):
    """Yield everything that loggers, crash reporters and queues record of an error.

    Local variables of frames are excluded; see docs/explanation/security.md.
    """
    yield "".join(traceback.format_exception(error))
    for link in chain_of(error):
        yield from (str(link), repr(link), repr(vars(link)))
    yield pickle.dumps(error).decode("latin-1")


def chain_of(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def assert_clean(texts):
    text = "\n".join(texts)
    assert text
    leaked = [secret for secret in SECRETS if secret in text]
    assert not leaked, text


@pytest.fixture
def all_logs(caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "financial_connections", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


@pytest.mark.parametrize("fault", FAULTS)
async def test_no_network_fault_leaks_a_secret(
    fault, no_waiting, all_logs, monkeypatch
):
    sent, then, error_class, _ = FAULTS[fault]
    monkeypatch.setattr(_coding, "MAX_BODY_BYTES", 65_536)

    async def handle(stream):
        while True:
            await read_request(stream)
            await stream.send(sent)
            if then == RST:
                await reset(stream)
            if then != OPEN:
                return

    async with serving(handle) as url, AsyncClient(KEY, base_url=url) as client:
        with pytest.raises(error_class) as caught:
            await client.accounts.refresh(
                "fca_1",
                features=["balance"],
                options=RequestOptions(api_key=KEY, headers={"X-Own": OWNER}),
            )
    assert_clean(traces_of(caught.value))
    assert_clean(record.getMessage() for record in all_logs.records)


@pytest.mark.parametrize("damage", [b"{", b"", b"]"])
async def test_an_invalid_response_is_not_quoted(damage, all_logs):
    content = json.dumps(BANK_DATA).encode() + damage
    content = content[:-2] if not damage else content

    async def handle(stream):
        await read_request(stream)
        await stream.send(http_response(content))
        await stream.receive()

    async with serving(handle) as url, AsyncClient(KEY, base_url=url) as client:
        with pytest.raises(FinancialConnectionsError) as caught:
            await client.accounts.retrieve("fca_1")
    assert_clean(traces_of(caught.value))
    assert_clean(record.getMessage() for record in all_logs.records)


async def test_reprs_and_logs_of_successful_calls_have_no_bank_data(all_logs):
    bodies = [
        BANK_DATA,
        ACCOUNT | BANK_DATA,
        SESSION | BANK_DATA,
        FULL_ACCOUNT | BANK_DATA | {"balance": OWNER},
    ]
    remaining = list(bodies)

    async def handle(stream):
        while True:
            await read_request(stream)
            await stream.send(http_response(json.dumps(remaining.pop(0)).encode()))

    shown = []
    async with serving(handle) as url, AsyncClient(KEY, base_url=url) as client:
        for n in range(len(bodies)):
            call = client.sessions.retrieve if n == 2 else client.accounts.retrieve
            result = await call("fca_1")
            shown += [repr(result), str(result), repr(result.request_id)]
        shown += [repr(client), repr(vars(client)), repr(client._transport)]
    assert_clean(shown)
    assert_clean(record.getMessage() for record in all_logs.records)


@pytest.mark.parametrize("kind", ["httpx", "aiohttp", "injected"])
@pytest.mark.parametrize("started", [False, True])
async def test_a_cancelled_call_leaks_neither_key_nor_response(
    kind, started, anyio_backend
):
    caught, arrived = [], anyio.Event()
    body = json.dumps(BANK_DATA).encode()

    async def handle(stream):
        await read_request(stream)
        if started:
            await stream.send(http_response(body)[: -len(body) // 2])
        arrived.set()
        await anyio.sleep_forever()

    async def call(client):
        try:
            await client.accounts.refresh("fca_1", features=["balance"])
        except anyio.get_cancelled_exc_class() as error:
            caught.extend(traces_of_cancellation(error))
            raise

    async with serving(handle) as url, httpx.AsyncClient() as http_client:
        settings = {"http_client": http_client} if kind == "injected" else {}
        if kind == "aiohttp" and anyio_backend == "asyncio":
            settings = {"transport": "aiohttp"}
        async with (
            AsyncClient(KEY, base_url=url, **settings) as client,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(call, client)
            await arrived.wait()
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
    assert_clean(caught)


def traces_of_cancellation(error):
    return ["".join(traceback.format_exception(error)), *map(repr, chain_of(error))]


@pytest.mark.parametrize(
    "make",
    [
        lambda: AsyncClient(KEY + "\n"),
        lambda: AsyncClient("pk_" + KEY),
        lambda: AsyncClient(KEY, base_url="http://stripe.example"),
        lambda: AsyncClient(KEY, timeout=-1),
        lambda: AsyncClient(KEY, max_connections=0),
        lambda: AsyncClient(KEY, http_client=5),
        lambda: AsyncClient(KEY, stripe_account="a\nb"),
        lambda: RequestOptions(api_key="pk_" + KEY),
        lambda: RequestOptions(api_key=KEY, timeout=-1),
        lambda: RequestOptions(api_key=KEY, headers={"Authorization": KEY}),
        lambda: AsyncClient("sk_test_1").with_options(api_key=KEY, timeout=0),
        lambda: AsyncClient("sk_test_1").with_options(api_key="pk_" + KEY),
    ],
)
def test_a_rejected_setting_does_not_leak_the_key(make):
    with pytest.raises((ConfigurationError, InvalidArgumentError)) as caught:
        make()
    assert_clean(traces_of(caught.value))


def test_an_invalid_key_in_the_environment_is_not_leaked(monkeypatch):
    monkeypatch.setenv("STRIPE_API_KEY", KEY + "\n")
    with pytest.raises(ConfigurationError) as caught:
        AsyncClient()
    assert_clean(traces_of(caught.value))
