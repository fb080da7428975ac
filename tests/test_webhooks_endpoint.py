"""The ASGI application: what it answers, what reaches the handler, and how often."""

import traceback
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from test_webhooks import NOW, PAYLOAD, SECRET, event_of

from financial_connections import ConfigurationError
from financial_connections.sandbox import Sandbox
from financial_connections.webhooks import AccountReactivated, RecentEvents, sign, webhook_endpoint


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
async def test_what_does_not_verify_is_answered_with_400_and_the_reason(payload, header, why):
    handler = Handler()
    async with talking_to(endpoint(handler)) as client:
        answer = await deliver(client, payload, header=header)
    assert 400 == answer.status_code
    assert why in answer.text
    assert [] == handler.events


async def test_a_request_without_a_signature_is_refused():
    async with talking_to(endpoint(Handler())) as client:
        answer = await client.post("/", content=PAYLOAD)
    assert (400, "there is no Stripe-Signature header") == (answer.status_code, answer.text)


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
    await endpoint(Handler())({"type": "http", "method": "POST", "headers": headers}, receive, send)
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
        return {"type": "http.request", "body": await anext(messages), "more_body": True}

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


async def test_an_event_is_handled_once_however_often_it_comes():
    handler = Handler()
    async with talking_to(endpoint(handler)) as client:
        answers = [await deliver(client, header=sign(PAYLOAD, SECRET, NOW + n)) for n in range(3)]
        await deliver(client, event_of(id="evt_2"))
    assert [200, 200, 200] == [answer.status_code for answer in answers]
    assert ["evt_1", "evt_2"] == [event.id for event in handler.events]


async def test_events_without_an_id_are_all_handled():
    handler = Handler()
    async with talking_to(endpoint(handler)) as client:
        for _ in range(2):
            await deliver(client, event_of(id=None))
    assert 2 == len(handler.events)


async def test_an_event_that_could_not_be_handled_is_answered_with_500_and_taken_when_it_comes_again():
    handler = Handler(OSError("the disk is full"))
    async with talking_to(endpoint(handler)) as client:
        statuses = [(await deliver(client)).status_code for _ in range(3)]
    assert [500, 200, 200] == statuses
    assert 2 == len(handler.events)


async def test_the_error_of_a_handler_is_raised_on_and_shows_neither_body_nor_secret():
    app = endpoint(Handler(OSError("the disk is full")))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://receiver") as client:
        with pytest.raises(OSError, match="disk") as caught:
            await deliver(client)
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    ours = [frame for frame in frames if "financial_connections/webhooks" in frame.f_code.co_filename]
    assert ours
    shown = "".join(repr(value) for frame in ours for value in frame.f_locals.values() if not callable(value))
    assert "6789" not in shown + repr(app)
    assert SECRET not in shown + repr(app)


@pytest.mark.parametrize("outcome", [None, OSError("the disk is full")])
async def test_an_event_that_comes_while_it_is_being_handled_waits_for_the_outcome(outcome):
    handling, go_on = anyio.Event(), anyio.Event()
    handled = []

    async def handler(event):
        handled.append(event.id)
        handling.set()
        await go_on.wait()
        if outcome and len(handled) == 1:
            raise outcome

    statuses = []

    async with talking_to(endpoint(handler)) as client, anyio.create_task_group() as tasks:

        async def send():
            statuses.append((await deliver(client)).status_code)

        tasks.start_soon(send)
        await handling.wait()
        tasks.start_soon(send)
        await anyio.wait_all_tasks_blocked()
        assert ["evt_1"] == handled
        go_on.set()
    assert (sorted([500 if outcome else 200, 200]), 2 if outcome else 1) == (sorted(statuses), len(handled))


async def test_a_store_of_your_own_is_asked_before_and_told_after():
    told = []

    class Store:
        async def seen(self, event):
            told.append(("seen", event))
            return event == "evt_2"

        async def add(self, event):
            told.append(("add", event, len(handler.events)))

    handler = Handler()
    async with talking_to(endpoint(handler, store=Store())) as client:
        await deliver(client)
        await deliver(client, event_of(id="evt_2"))
    assert [("seen", "evt_1"), ("add", "evt_1", 1), ("seen", "evt_2")] == told


async def test_the_store_in_memory_forgets_the_oldest():
    store = RecentEvents(capacity=2)
    for event in ("a", "b", "c", "b"):
        await store.add(event)
    assert [False, True, True] == [await store.seen(event) for event in ("a", "b", "c")]


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


@pytest.mark.parametrize(("framework", "path"), [(starlette, "/hook"), (mounted, "/hook/"), (fastapi, "/hook")])
async def test_it_is_a_route_of_starlette_and_of_fastapi(framework, path):
    handler = Handler()
    async with talking_to(framework(endpoint(handler))) as client:
        statuses = [(await deliver(client, path=path)).status_code, (await client.get(path)).status_code]
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
    assert ["lifespan.startup.complete", "lifespan.shutdown.complete", "websocket.close"] == sent


async def test_what_the_sandbox_sends_twice_and_in_any_order_is_handled_once(no_waiting):
    handler = Handler()
    sandbox = Sandbox()
    sandbox.add_webhook("http://127.0.0.1:9/", secret=SECRET, shuffled=True, doubled=True)
    account = sandbox.add_account(balance=1, owners=1, transactions=3)
    sandbox.deactivate(account)
    app = webhook_endpoint(SECRET, handler, clock=sandbox.clock.now)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        deliveries = await sandbox.deliver_webhooks(client)
    assert (10, {200}) == (len(deliveries), {delivery.status for delivery in deliveries})
    assert sorted(event["id"] for event in sandbox.events) == sorted(event.id for event in handler.events)


def test_an_endpoint_with_an_endless_tolerance_is_refused():
    with pytest.raises(ConfigurationError, match="^tolerance must be"):
        webhook_endpoint("whsec_1", print, tolerance=float("nan"))
