"""Request bodies: limits on size and time, and how they are received."""

import tracemalloc
from functools import partial
from itertools import chain

import anyio
import pytest

from financial_connections.webhooks import sign
from tests.support.webhooks import (
    NOW,
    PAYLOAD,
    SECRET,
    Handler,
    connect,
    endpoint,
)


async def test_a_body_with_a_large_content_length_is_not_read():
    async def receive():
        raise AssertionError("the body was read")

    sent = []

    async def send(message):
        sent.append(message)

    headers = [(b"content-length", b"1000001"), (b"stripe-signature", b"t=1,v1=0")]
    await endpoint(Handler())(
        {"type": "http", "method": "POST", "headers": headers}, receive, send
    )
    assert 413 == sent[0]["status"]


async def test_reading_stops_when_a_body_becomes_too_large():
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


async def test_a_chunked_body_verifies():
    handler = Handler()

    async def parts():
        for start in range(0, len(PAYLOAD), 100):
            yield PAYLOAD[start : start + 100]

    async with connect(endpoint(handler)) as client:
        headers = {"Stripe-Signature": sign(PAYLOAD, SECRET, NOW)}
        response = await client.post("/", content=parts(), headers=headers)
    assert (200, 1) == (response.status_code, len(handler.events))


async def post(app, messages, then, headers=()):
    """Return the status and text of the response to a body in chunks.

    After the chunks, `then` is awaited for the next message.
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
async def test_a_body_that_does_not_arrive_in_time_gets_a_408(seconds, jump):
    handler = Handler()
    app = endpoint(handler, body_timeout=seconds)
    response = await post(app, [PAYLOAD[:10], b""], then=partial(jump, seconds))
    assert (408, b"the body did not arrive in time") == response
    assert [] == handler.events


async def test_endless_empty_chunks_time_out(jump):
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


async def test_a_body_in_tiny_and_empty_chunks_uses_little_memory():
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
