"""Requests to an endpoint: its responses, and where it can be mounted."""

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from financial_connections.webhooks import AccountReactivated, sign
from tests.support.webhooks import (
    NOW,
    PAYLOAD,
    SECRET,
    Handler,
    connect,
    deliver,
    endpoint,
)


async def test_a_signed_event_is_handled_and_acknowledged():
    handler = Handler()
    async with connect(endpoint(handler)) as client:
        response = await deliver(client)
    assert (200, b"") == (response.status_code, response.content)
    [event] = handler.events
    assert AccountReactivated is type(event)
    assert "evt_1" == event.id


@pytest.mark.parametrize(
    ("payload", "header", "reason"),
    [
        (PAYLOAD, f"t={NOW},v1=00", "no signature matches"),
        (PAYLOAD, sign(PAYLOAD, SECRET, NOW - 301), "old"),
        (PAYLOAD, "x", "no timestamp"),
        (b"[1]", sign(b"[1]", SECRET, NOW), "not a JSON object"),
    ],
)
async def test_an_invalid_delivery_gets_a_400_with_the_reason(payload, header, reason):
    handler = Handler()
    async with connect(endpoint(handler)) as client:
        response = await deliver(client, payload, header=header)
    assert 400 == response.status_code
    assert reason in response.text
    assert [] == handler.events


async def test_a_signed_payload_that_is_not_utf8_gets_a_400():
    body = b'{"id": "evt_\xff"}'
    async with connect(endpoint(Handler())) as client:
        response = await deliver(client, body)
    assert (400, "payload: it is not UTF-8") == (response.status_code, response.text)


async def test_a_request_without_a_signature_gets_a_400():
    async with connect(endpoint(Handler())) as client:
        response = await client.post("/", content=PAYLOAD)
    assert (400, "the Stripe-Signature header is missing") == (
        response.status_code,
        response.text,
    )


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_methods_other_than_post_get_a_405(method):
    async with connect(endpoint(Handler())) as client:
        response = await client.request(method, "/")
    assert (405, "POST") == (response.status_code, response.headers["Allow"])


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
async def test_an_endpoint_can_be_a_route_in_starlette_and_fastapi(framework, path):
    handler = Handler()
    async with connect(framework(endpoint(handler))) as client:
        statuses = [
            (await deliver(client, path=path)).status_code,
            (await client.get(path)).status_code,
        ]
    assert ([200, 405], 1) == (statuses, len(handler.events))


async def test_a_server_can_run_an_endpoint_directly():
    app, sent = endpoint(Handler()), []

    async def send(message):
        sent.append(message["type"])

    messages = ["lifespan.startup", "lifespan.shutdown"]

    async def receive():
        return {"type": messages.pop(0)}

    await app({"type": "lifespan"}, receive, send)
    await app({"type": "websocket"}, receive, send)
    await app({"type": "something new"}, receive, send)
    assert [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
        "websocket.close",
    ] == sent
