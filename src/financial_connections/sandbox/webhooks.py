"""Signed events out: at least once, in no promised order.
https://docs.stripe.com/webhooks

Only to loopback. The signature is `t=<seconds>,v1=<hex>`, v1 being HMAC-SHA256 of
`<seconds>.<body>` under the secret of the endpoint, at the time of the sandbox's clock.
"""

import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping
from hashlib import sha256
from ipaddress import ip_address
from random import Random
from typing import Any
from urllib.parse import urlsplit

import httpx
from attrs import define, field, frozen

from financial_connections.sandbox.api.wire import json_bytes

RETRY_DELAYS = (1.0, 2.0, 4.0, 8.0)
"""Seconds between the attempts to deliver an event. Stripe goes on for three days."""


def _loopback(_: object, __: object, url: str) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        is_loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if parts.scheme != "http" or not is_loopback:
        raise ValueError(
            "webhooks of the sandbox go to http on loopback, such as http://127.0.0.1:8000/hook"
        )


@define(eq=False)
class Webhook:
    """Where events are sent, and what with. `sent` counts the events that had their
    turn.
    """

    url: str = field(validator=_loopback)
    secret: str = field(repr=False)
    api_version: str
    is_shuffled: bool = False
    is_doubled: bool = False
    sent: int = 0


@frozen
class Delivery:
    """One attempt: the status of the answer, None where there was none."""

    event: str
    url: str
    status: int | None

    @property
    def is_done(self) -> bool:
        """Whether the receiver took the event."""
        return self.status is not None and httpx.codes.is_success(self.status)


@frozen
class Parcel:
    """An event on its way to one endpoint, as it is sent every time."""

    event: str
    url: str
    secret: str = field(repr=False)
    body: bytes = field(repr=False)


def signature(body: bytes, secret: str, timestamp: int) -> str:
    """Return the value of `Stripe-Signature` for a body."""
    digest = hmac.new(
        secret.encode(), f"{timestamp}.".encode() + body, sha256
    ).hexdigest()
    return f"t={timestamp},v1={digest}"


def parcels(
    webhook: Webhook, events: Iterable[Mapping[str, Any]], random: Random
) -> list[Parcel]:
    """Return what an endpoint gets for events, in the order and as often as it was
    asked for.
    """
    packed = [
        Parcel(
            event["id"],
            webhook.url,
            webhook.secret,
            json_bytes({**event, "api_version": webhook.api_version}),
        )
        for event in events
    ]
    if webhook.is_doubled:
        packed += packed
    if webhook.is_shuffled:
        random.shuffle(packed)
    return packed


async def deliver(
    waiting: list[Parcel],
    client: httpx.AsyncClient,
    *,
    now: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]],
) -> list[Delivery]:
    """Send each parcel until it is taken or the attempts are used up; return every
    attempt.
    """
    attempts: list[Delivery] = []
    for delay in (*RETRY_DELAYS, None):
        latest = [
            (parcel, await _attempt(parcel, client, int(now()))) for parcel in waiting
        ]
        attempts += [delivery for _, delivery in latest]
        waiting = [parcel for parcel, delivery in latest if not delivery.is_done]
        if not waiting or delay is None:
            break
        await sleep(delay)
    return attempts


async def _attempt(
    parcel: Parcel, client: httpx.AsyncClient, timestamp: int
) -> Delivery:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(parcel.body, parcel.secret, timestamp),
    }
    try:
        response = await client.post(parcel.url, content=parcel.body, headers=headers)
    except httpx.TransportError:
        return Delivery(parcel.event, parcel.url, None)
    return Delivery(parcel.event, parcel.url, response.status_code)
