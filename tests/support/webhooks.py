"""A signed event, and helpers to deliver it to an endpoint."""

import json
from contextlib import asynccontextmanager

import anyio
import httpx

from financial_connections import API_VERSION
from financial_connections.webhooks import sign, webhook_endpoint
from tests.support.samples import ACCOUNT

SECRET = "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH"
NOW = 1_700_000_000
EVENT = {
    "id": "evt_1",
    "object": "event",
    "api_version": API_VERSION,
    "created": NOW - 1,
    "data": {"object": ACCOUNT, "previous_attributes": {"status": "inactive"}},
    "livemode": False,
    "pending_webhooks": 1,
    "request": {"id": None, "idempotency_key": None},
    "type": "financial_connections.account.reactivated",
}
PAYLOAD = json.dumps(EVENT).encode()
NOTIFICATION = {
    "id": "evt_test_1",
    "object": "v2.core.event",
    "context": None,
    "created": "2023-11-14T22:13:19.000Z",
    "livemode": False,
    "reason": {
        "type": "request",
        "request": {"id": "req_1", "idempotency_key": "key"},
    },
    "related_object": {
        "id": ACCOUNT["id"],
        "type": "financial_connections.account",
        "url": f"/v1/financial_connections/accounts/{ACCOUNT['id']}",
    },
    "type": "v1.financial_connections.account.refreshed_balance",
}


def event_with(**changes):
    """Return the payload of an event with some fields changed."""
    return json.dumps(EVENT | changes).encode()


def notification_with(**changes):
    """Return the payload of a thin event with some fields changed."""
    return json.dumps(NOTIFICATION | changes).encode()


def in_eventbridge(event):
    """Return an event as Amazon EventBridge delivers it, as parsed JSON."""
    return {
        "version": "0",
        "id": "17e8dff5-d6cd-3770-ace9-aeac02b6ac3f",
        "detail-type": event.get("type"),
        "source": "aws.partner/stripe.com/ed_123",
        "account": "123456789012",
        "time": "2023-11-14T22:13:20Z",
        "region": "us-west-2",
        "resources": [],
        "detail": event,
    }


def in_event_grid(event):
    """Return an event as Azure Event Grid delivers it, as parsed JSON."""
    return {
        "specversion": "1.0",
        "type": event.get("type"),
        "source": "/providers/stripe/ed_123",
        "id": "9aeb0fdf-c01e-0131-0922-9eb54906e209",
        "time": "2023-11-14T22:13:20Z",
        "subject": None,
        "dataContentType": "application/cloudevents+json",
        "data": event,
    }


class Handler:
    """A handler that records events, and whose first calls raise `outcomes`."""

    def __init__(self, *outcomes):
        self.events = []
        self.outcomes = list(outcomes)

    async def __call__(self, event):
        self.events.append(event)
        await anyio.lowlevel.checkpoint()
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome is not None:
            raise outcome


def endpoint(handler, **settings):
    return webhook_endpoint(SECRET, handler, clock=lambda: NOW, **settings)


@asynccontextmanager
async def connect(app, **transport):
    """Yield a client for an application.

    As with a real server, the application's errors are not raised in the client.
    """
    mount = httpx.ASGITransport(app, raise_app_exceptions=False, **transport)
    async with httpx.AsyncClient(transport=mount, base_url="http://receiver") as client:
        yield client


@asynccontextmanager
async def connect_raising(app):
    """Yield a client that raises the application's errors."""
    mount = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=mount, base_url="http://receiver") as client:
        yield client


async def deliver(client, payload=PAYLOAD, path="/", header=None, **request):
    headers = {"Stripe-Signature": header or sign(payload, SECRET, NOW)}
    return await client.post(path, content=payload, headers=headers, **request)


class RecordingStore:
    """An event store that records the calls of its methods.

    Args:
        *claims: Results of `claim`. Further claims succeed.
        **failures: Errors to raise, by method name.
    """

    def __init__(self, *claims, **failures):
        self.calls = []
        self.claims = list(claims)
        self.failures = failures

    async def _call(self, *call):
        self.calls.append(call)
        await anyio.lowlevel.checkpoint()
        if call[0] in self.failures:
            raise self.failures[call[0]]

    async def claim(self, event_id, until):
        await self._call("claim", event_id, until)
        return self.claims.pop(0) if self.claims else True

    async def confirm(self, event_id):
        await self._call("confirm", event_id)

    async def release(self, event_id):
        await self._call("release", event_id)
