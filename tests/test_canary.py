"""A marked key, secret and owner, looked for in all that a program can print, log,
pickle or raise.
"""

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
from financial_connections._transport import body as _body
from tests.support.samples import ACCOUNT, FULL_ACCOUNT, OWNERSHIP, SESSION
from tests.support.servers import http_answer, read_request, reset, serving
from tests.transport.test_faults import FAULTS, OPEN, RST

KEY = "sk_test_canaryCANARYcanary"
OWNER = "Ada Canary Lovelace"
CLIENT_SECRET = "fcsess_client_secret_canary"
CANARIES = (KEY, OWNER, CLIENT_SECRET, "ada@canary.example", "+1 555 0199")

BANK_DATA = {
    "id": "fca_1",
    "client_secret": CLIENT_SECRET,
    "ownership": OWNERSHIP
    | {
        "owners": {
            "data": [
                {"name": OWNER, "email": "ada@canary.example", "phone": "+1 555 0199"}
            ],
            "has_more": False,
        }
    },
}


def traces_of(error):
    """Return what loggers, crash reporters and queues keep of an error.

    Local variables of frames are not included: docs/explanation/security.md says so.
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
    found = [canary for canary in CANARIES if canary in text]
    assert not found, text


@pytest.fixture
def everything_logged(caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "financial_connections", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


@pytest.mark.parametrize("fault", FAULTS)
async def test_no_fault_gives_a_canary_away(
    fault, no_waiting, everything_logged, monkeypatch
):
    sent, then, error_class, _ = FAULTS[fault]
    monkeypatch.setattr(_body.read_body, "__defaults__", (65_536,))

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
    # The frames of this test are a user's; those of the package are looked at.
    caught.value.__traceback__ = inner_frames(caught.value.__traceback__)
    assert_clean(traces_of(caught.value))
    assert_clean(record.getMessage() for record in everything_logged.records)


def inner_frames(trace):
    while trace and "financial_connections" not in trace.tb_frame.f_code.co_filename:
        trace = trace.tb_next
    assert trace
    return trace


@pytest.mark.parametrize("damage", [b"{", b"", b"]"])
async def test_an_unusable_answer_is_not_quoted(damage, everything_logged):
    content = json.dumps(BANK_DATA).encode() + damage
    content = content[:-2] if not damage else content

    async def handle(stream):
        await read_request(stream)
        await stream.send(http_answer(content))
        await stream.receive()

    async with serving(handle) as url, AsyncClient(KEY, base_url=url) as client:
        with pytest.raises(FinancialConnectionsError) as caught:
            await client.accounts.retrieve("fca_1")
    caught.value.__traceback__ = inner_frames(caught.value.__traceback__)
    assert_clean(traces_of(caught.value))
    assert_clean(record.getMessage() for record in everything_logged.records)


async def test_what_is_decoded_shows_nothing_of_itself(everything_logged):
    bodies = [
        BANK_DATA,
        ACCOUNT | BANK_DATA,
        SESSION | BANK_DATA,
        FULL_ACCOUNT | BANK_DATA | {"balance": OWNER},
    ]
    left = list(bodies)

    async def handle(stream):
        while True:
            await read_request(stream)
            await stream.send(http_answer(json.dumps(left.pop(0)).encode()))

    shown = []
    async with serving(handle) as url, AsyncClient(KEY, base_url=url) as client:
        for n in range(len(bodies)):
            call = client.sessions.retrieve if n == 2 else client.accounts.retrieve
            result = await call("fca_1")
            shown += [repr(result), str(result), repr(result.request_id)]
        shown += [repr(client), repr(vars(client)), repr(client._transport)]
    assert_clean(shown)
    assert_clean(record.getMessage() for record in everything_logged.records)


@pytest.mark.parametrize("kind", ["httpx", "aiohttp", "injected"])
@pytest.mark.parametrize("started", [False, True])
async def test_a_cancelled_call_shows_neither_key_nor_response(
    kind, started, anyio_backend
):
    caught, arrived = [], anyio.Event()
    body = json.dumps(BANK_DATA).encode()

    async def handle(stream):
        await read_request(stream)
        if started:
            await stream.send(http_answer(body)[: -len(body) // 2])
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
def test_a_refused_setting_shows_no_key(make):
    with pytest.raises((ConfigurationError, InvalidArgumentError)) as caught:
        make()
    caught.value.__traceback__ = inner_frames(caught.value.__traceback__)
    assert_clean(traces_of(caught.value))


def test_a_bad_key_in_the_environment_is_not_shown(monkeypatch):
    monkeypatch.setenv("STRIPE_API_KEY", KEY + "\n")
    with pytest.raises(ConfigurationError) as caught:
        AsyncClient()
    caught.value.__traceback__ = inner_frames(caught.value.__traceback__)
    assert_clean(traces_of(caught.value))
