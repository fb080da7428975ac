"""The ASGI application: what it answers, what reaches the handler, and how often."""

import asyncio
import copy
import pickle
import tracemalloc
from contextlib import asynccontextmanager
from functools import partial
from itertools import chain
from unittest.mock import AsyncMock

import anyio
import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from trio.testing import MockClock

from financial_connections import ConfigurationError
from financial_connections.webhooks import AccountReactivated, sign, webhook_endpoint
from tests.webhooks.test_events import NOW, PAYLOAD, SECRET


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    if request.param == "trio":
        return "trio", {"clock": MockClock()}
    return "asyncio"


@pytest.fixture
def jump(anyio_backend, monkeypatch):
    """Let some seconds pass on the clock of the event loop, and wait for ever."""

    async def jump(seconds):
        if anyio_backend == "asyncio":
            loop = asyncio.get_running_loop()
            now = loop.time
            monkeypatch.setattr(loop, "time", lambda: now() + seconds)
        else:
            anyio_backend[1]["clock"].jump(seconds)
        await anyio.sleep_forever()

    return jump


class Handler:
    """What arrived; the first calls end as `outcomes` says."""

    def __init__(self, *outcomes):
        self.events = []
        self.outcomes = list(outcomes)

    async def __call__(self, event):
        self.events.append(event)
        await anyio.lowlevel.checkpoint()
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome is not None:
            raise outcome


@asynccontextmanager
async def talking_to(app, **transport):
    # As a server does, what an application raises is not raised where the client is.
    mount = httpx.ASGITransport(app, raise_app_exceptions=False, **transport)
    async with httpx.AsyncClient(transport=mount, base_url="http://receiver") as client:
        yield client


def endpoint(handler, **settings):
    return webhook_endpoint(SECRET, handler, clock=lambda: NOW, **settings)


async def deliver(client, payload=PAYLOAD, path="/", header=None, **request):
    headers = {"Stripe-Signature": header or sign(payload, SECRET, NOW)}
    return await client.post(path, content=payload, headers=headers, **request)


async def test_a_signed_event_reaches_the_handler_and_is_answered():
    handler = Handler()
    async with talking_to(endpoint(handler)) as client:
        answer = await deliver(client)
    assert (200, b"") == (answer.status_code, answer.content)
    [event] = handler.events
    assert AccountReactivated is type(event)
    assert "evt_1" == event.id


@pytest.mark.parametrize(
    ("payload", "header", "why"),
    [
        (PAYLOAD, f"t={NOW},v1=00", "no signature matches"),
        (PAYLOAD, sign(PAYLOAD, SECRET, NOW - 301), "old"),
        (PAYLOAD, "x", "no timestamp"),
        (b"[1]", sign(b"[1]", SECRET, NOW), "not an object"),
    ],
)
async def test_what_does_not_verify_is_answered_with_400_and_the_reason(
    payload, header, why
):
    handler = Handler()
    async with talking_to(endpoint(handler)) as client:
        answer = await deliver(client, payload, header=header)
    assert 400 == answer.status_code
    assert why in answer.text
    assert [] == handler.events


async def test_a_request_without_a_signature_is_refused():
    async with talking_to(endpoint(Handler())) as client:
        answer = await client.post("/", content=PAYLOAD)
    assert (400, "there is no Stripe-Signature header") == (
        answer.status_code,
        answer.text,
    )


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_any_other_method_than_post_is_refused(method):
    async with talking_to(endpoint(Handler())) as client:
        answer = await client.request(method, "/")
    assert (405, "POST") == (answer.status_code, answer.headers["Allow"])


async def test_a_body_that_announces_too_much_is_not_read():
    async def receive():
        raise AssertionError("it was read")

    sent = []

    async def send(message):
        sent.append(message)

    headers = [(b"content-length", b"1000001"), (b"stripe-signature", b"t=1,v1=0")]
    await endpoint(Handler())(
        {"type": "http", "method": "POST", "headers": headers}, receive, send
    )
    assert 413 == sent[0]["status"]


async def test_a_body_that_grows_too_large_is_not_read_to_its_end():
    read = []

    async def endless():
        while True:
            read.append(1)
            yield b" " * 100

    app = endpoint(Handler(), max_bytes=1_000)
    messages = endless()

    async def receive():
        return {
            "type": "http.request",
            "body": await anext(messages),
            "more_body": True,
        }

    sent = []

    async def send(message):
        sent.append(message)

    await app({"type": "http", "method": "POST", "headers": []}, receive, send)
    await messages.aclose()
    assert (413, 11) == (sent[0]["status"], len(read))


async def test_a_body_in_parts_verifies():
    handler = Handler()

    async def parts():
        for start in range(0, len(PAYLOAD), 100):
            yield PAYLOAD[start : start + 100]

    async with talking_to(endpoint(handler)) as client:
        headers = {"Stripe-Signature": sign(PAYLOAD, SECRET, NOW)}
        answer = await client.post("/", content=parts(), headers=headers)
    assert (200, 1) == (answer.status_code, len(handler.events))


@pytest.mark.parametrize("secret", ["", " ", [], [SECRET, ""], None])
def test_an_endpoint_without_a_secret_is_not_made(secret):
    with pytest.raises(ConfigurationError, match="secret is empty"):
        webhook_endpoint(secret, Handler())


def starlette(app):
    return Starlette(routes=[Route("/hook", app)])


def mounted(app):
    return Starlette(routes=[Mount("/hook", app)])


def fastapi(app):
    api = FastAPI()
    api.router.routes.append(Route("/hook", app))
    return api


@pytest.mark.parametrize(
    ("framework", "path"),
    [(starlette, "/hook"), (mounted, "/hook/"), (fastapi, "/hook")],
)
async def test_it_is_a_route_of_starlette_and_of_fastapi(framework, path):
    handler = Handler()
    async with talking_to(framework(endpoint(handler))) as client:
        statuses = [
            (await deliver(client, path=path)).status_code,
            (await client.get(path)).status_code,
        ]
    assert ([200, 405], 1) == (statuses, len(handler.events))


async def test_a_server_can_run_it_by_itself():
    app, sent = endpoint(Handler()), []

    async def send(message):
        sent.append(message["type"])

    coming = ["lifespan.startup", "lifespan.shutdown"]

    async def receive():
        return {"type": coming.pop(0)}

    await app({"type": "lifespan"}, receive, send)
    await app({"type": "websocket"}, receive, send)
    await app({"type": "something new"}, receive, send)
    assert [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
        "websocket.close",
    ] == sent


def test_an_endpoint_with_an_endless_tolerance_is_refused():
    with pytest.raises(ConfigurationError, match="^tolerance must be"):
        webhook_endpoint("whsec_1", Handler(), tolerance=float("nan"))


@pytest.mark.parametrize(
    "arguments",
    [
        *[{"max_bytes": value} for value in (None, "5", -1, 0, 1.5, True)],
        *[
            {"body_timeout": value}
            for value in (None, "5", -1, 0, True, float("nan"), float("inf"))
        ],
        *[
            {"claim_timeout": value}
            for value in (None, "5", -1, 0, True, float("nan"), float("inf"))
        ],
        *[{"clock": value} for value in (None, 5)],
    ],
    ids=str,
)
def test_an_argument_that_cannot_be_used_is_refused(arguments):
    with pytest.raises(ConfigurationError, match=f"^{next(iter(arguments))} must be"):
        webhook_endpoint(SECRET, Handler(), **arguments)


class Methods:
    async def handle(self, event):
        await Handler()(event)

    def handle_at_once(self, event):
        pass


class NotAsync:
    def __call__(self, event):
        pass


async def handle(event, log):
    log.append(event.id)


@pytest.mark.parametrize(
    "handler",
    [
        print,
        None,
        5,
        lambda event: handle(event, []),
        NotAsync(),
        Handler,
        Methods().handle_at_once,
        partial(print, 1),
    ],
)
def test_a_handler_that_is_not_async_is_refused(handler):
    with pytest.raises(ConfigurationError, match="^handler must be an async function"):
        webhook_endpoint(SECRET, handler)


@pytest.mark.parametrize(
    "handler",
    [
        Handler(),
        Methods().handle,
        partial(handle, log=[]),
        partial(partial(Handler())),
        AsyncMock(),
    ],
)
async def test_any_async_callable_is_a_handler(handler):
    async with talking_to(endpoint(handler)) as client:
        assert 200 == (await deliver(client)).status_code


async def test_a_signed_payload_that_is_no_text_is_answered_with_400():
    body = b'{"id": "evt_\xff"}'
    async with talking_to(endpoint(Handler())) as client:
        answer = await deliver(client, body)
    assert (400, "payload: it is not UTF-8") == (answer.status_code, answer.text)


# -- the body --------------------------------------------------------------------------


async def post(app, messages, then, headers=()):
    """The status and text of the response to a body in parts; after them, `then` is
    awaited.
    """
    messages, sent = iter(messages), []

    async def receive():
        for message in messages:
            return {"type": "http.request", "body": message, "more_body": True}
        return await then()

    async def send(message):
        sent.append(message)

    await app({"type": "http", "method": "POST", "headers": headers}, receive, send)
    return sent[0]["status"], sent[1]["body"]


@pytest.mark.parametrize("seconds", [0.5, 10, 3_600])
async def test_a_body_that_does_not_arrive_in_time_is_answered_with_408(seconds, jump):
    handler = Handler()
    app = endpoint(handler, body_timeout=seconds)
    answer = await post(app, [PAYLOAD[:10], b""], then=partial(jump, seconds))
    assert (408, b"the body did not arrive in time") == answer
    assert [] == handler.events


async def test_empty_chunks_without_end_are_timed_out_too(jump):
    handler, received = Handler(), []

    async with anyio.create_task_group() as tasks:

        async def receive():
            received.append(1)
            if len(received) == 1_000:
                tasks.start_soon(jump, 10)
            return {"type": "http.request", "body": b"", "more_body": True}

        async def send(message):
            sent.append(message)

        sent = []
        await endpoint(handler)(
            {"type": "http", "method": "POST", "headers": []}, receive, send
        )
        tasks.cancel_scope.cancel()
    assert (408, []) == (sent[0]["status"], handler.events)


async def test_a_body_in_tiny_and_empty_chunks_takes_little_memory():
    async def end():
        return {"type": "http.request", "body": PAYLOAD[-1:], "more_body": False}

    handler = Handler()
    app = endpoint(handler)
    chunks = (b"" for _ in range(20_000))
    parts = (PAYLOAD[n : n + 1] for n in range(len(PAYLOAD) - 1))
    headers = [(b"stripe-signature", sign(PAYLOAD, SECRET, NOW).encode())]
    tracemalloc.start()
    try:
        status, _ = await post(app, chain(chunks, parts), then=end, headers=headers)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (200, 1) == (status, len(handler.events))
    assert peak < 1_000_000


# -- secrets ---------------------------------------------------------------------------


@pytest.mark.parametrize("copy_of", [pickle.dumps, copy.copy, copy.deepcopy])
def test_an_endpoint_does_not_pickle(copy_of):
    with pytest.raises(TypeError, match="^a webhook endpoint holds a signing secret"):
        copy_of(endpoint(Handler()))


def test_an_endpoint_shows_no_secret():
    app = webhook_endpoint([SECRET, "whsec_other"], Handler())
    shown = [
        repr(getattr(app, name)) for name in app.__slots__ if not name.startswith("__")
    ]
    assert len(shown) > 5
    assert "whsec_" not in repr(app) + "".join(shown)
