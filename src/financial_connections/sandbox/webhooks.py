"""Send signed webhook events, at least once and in no guaranteed order.

Events are sent only to loopback addresses and to hosts that were named. The signature
is `t=<seconds>,v1=<hex>`, where v1 is the HMAC-SHA256 of `<seconds>.<body>`, keyed with
the endpoint's secret. The timestamp comes from the sandbox's clock.

Source: https://docs.stripe.com/webhooks
"""

import hmac
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from hashlib import sha256
from ipaddress import ip_address
from random import Random
from typing import Any
from urllib.parse import urlsplit

import httpx
from attrs import define, field, frozen

from financial_connections.sandbox.api.events import EventPayload
from financial_connections.sandbox.api.versions import response_at
from financial_connections.sandbox.api.wire import json_bytes

RETRY_DELAYS = (1.0, 2.0, 4.0, 8.0)
"""Seconds between delivery attempts. Stripe itself retries for three days."""


def check_url(url: str, hosts: Container[str]) -> None:
    """Check that events may be sent to a URL.

    Args:
        url: URL of the endpoint.
        hosts: Names of hosts other than this machine that may receive events.

    Raises:
        ValueError: The URL is invalid, or its host may not receive events.
    """
    try:
        parts = urlsplit(url)
        host, _, _ = parts.hostname or "", parts.port, httpx.URL(url)
        is_loopback = host == "localhost" or _is_loopback_address(host)
    except (ValueError, httpx.InvalidURL):
        raise ValueError("a webhook URL must be a valid URL") from None
    if parts.scheme == "http" and is_loopback:
        return
    if parts.scheme not in {"http", "https"} or host not in hosts:
        raise ValueError(
            "a webhook URL must use http and a loopback address,"
            " such as http://127.0.0.1:8000/hook, or a host in webhook_hosts"
        )


def _is_loopback_address(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@define(eq=False)
class Webhook:
    """A webhook endpoint that receives events."""

    url: str
    """URL to send events to."""
    secret: str = field(repr=False)
    """Secret used to sign events."""
    api_version: str
    """API version of the events. Thin events have none."""
    event_payload: EventPayload = "snapshot"
    """Kind of the events: `snapshot` or `thin`."""
    out_of_order: bool = False
    """If true, events are sent in random order."""
    duplicated: bool = False
    """If true, every event is sent twice."""
    sent: int = 0
    """Number of events of this kind already processed for this endpoint."""


@frozen
class Delivery:
    """An attempt to deliver an event."""

    event: str
    """ID of the event."""
    url: str
    """URL of the endpoint."""
    status: int | None
    """Status of the response, or None if there was no response."""

    @property
    def is_done(self) -> bool:
        """True if the receiver accepted the event."""
        return self.status is not None and httpx.codes.is_success(self.status)


@frozen
class PendingDelivery:
    """An event to deliver to one endpoint. Every attempt sends the same body."""

    event: str
    webhook: Webhook
    body: bytes = field(repr=False)


def signature(body: bytes, secret: str, timestamp: int) -> str:
    """Return the value of the `Stripe-Signature` header for a body."""
    digest = hmac.new(
        secret.encode(), f"{timestamp}.".encode() + body, sha256
    ).hexdigest()
    return f"t={timestamp},v1={digest}"


def pending_deliveries(
    webhook: Webhook, events: Iterable[Mapping[str, Any]], random: Random
) -> list[PendingDelivery]:
    """Return an endpoint's pending deliveries, in the order in which to send them.

    Args:
        webhook: The endpoint.
        events: Events of the kind that the endpoint receives, with the fields of all
            API versions.
        random: Source of randomness for the order.
    """
    is_thin = webhook.event_payload == "thin"
    changes = {} if is_thin else {"api_version": webhook.api_version}
    bodies = {
        event["id"]: response_at(webhook.api_version, {**event, **changes})
        for event in events
    }
    pending = [
        PendingDelivery(event_id, webhook, json_bytes(body))
        for event_id, body in bodies.items()
    ]
    if webhook.duplicated:
        pending += pending
    if webhook.out_of_order:
        random.shuffle(pending)
    return pending


async def deliver(
    pending: list[PendingDelivery],
    client: httpx.AsyncClient,
    *,
    now: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]],
    on_accepted: Callable[[PendingDelivery], object],
) -> list[Delivery]:
    """Try to deliver each event up to five times, and return all attempts.

    Args:
        pending: The events to deliver.
        client: HTTP client to send them with.
        now: Returns the time for signatures, in seconds since the epoch.
        sleep: Waits between attempts.
        on_accepted: Called with each delivery that the receiver has accepted.
    """
    deliveries: list[Delivery] = []
    for delay in (*RETRY_DELAYS, None):
        failed: list[PendingDelivery] = []
        for item in pending:
            delivery = await _attempt(item, client, int(now()))
            deliveries.append(delivery)
            if delivery.is_done:
                on_accepted(item)
            else:
                failed.append(item)
        pending = failed
        if not pending or delay is None:
            break
        await sleep(delay)
    return deliveries


async def _attempt(
    pending: PendingDelivery, client: httpx.AsyncClient, timestamp: int
) -> Delivery:
    webhook = pending.webhook
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(pending.body, webhook.secret, timestamp),
    }
    try:
        response = await client.post(webhook.url, content=pending.body, headers=headers)
    except httpx.TransportError:
        return Delivery(pending.event, webhook.url, None)
    return Delivery(pending.event, webhook.url, response.status_code)
