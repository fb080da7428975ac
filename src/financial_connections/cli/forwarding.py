"""Forward events to an application, as a webhook endpoint receives them."""

from collections.abc import AsyncIterator, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

import httpx
from attrs import define, field, frozen

from financial_connections.data.jsontext import json_text
from financial_connections.errors import APIStatusError
from financial_connections.webhooks import sign

if TYPE_CHECKING:
    from financial_connections import AsyncClient
    from financial_connections.webhooks import SnapshotEvent

_TIMEOUT = 30


@frozen
class Delivery:
    """An attempt to deliver an event.

    Attributes:
        event: The event.
        status: Status of the response; None if there was none.
        error: Class of the error if there was no response.
        seconds: Time that the attempt took.
    """

    event: "SnapshotEvent"
    status: int | None
    error: str | None
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the attempt as JSON, without the account in the event."""
        return {
            "event": self.event.id,
            "type": self.event.type,
            "object": self.event.object_id,
            "status": self.status,
            "error": self.error,
            "milliseconds": round(self.seconds * 1000),
        }


@define(kw_only=True)
class Forwarder:
    """A stand-in for Stripe that sends new events to an application.

    Each event is sent once, oldest first, with a signature of the current time.

    Attributes:
        client: Client for reading events.
        http: HTTP client for sending them.
        url: URL of the application's webhook endpoint.
        secret: Secret with which events are signed.
        types: Types of events to forward; None means all.
    """

    client: "AsyncClient"
    http: httpx.AsyncClient
    url: str
    secret: str = field(repr=False)
    types: Sequence[str] | None = None
    _cursor: str | None = field(default=None, init=False)

    @staticmethod
    def new_http_client() -> httpx.AsyncClient:
        """Return an HTTP client for the application, which may be on this machine."""
        return httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT)

    async def skip_past_events(self) -> None:
        """Forward only events that occur from now on."""
        newest = await self.client.events.list(limit=1)
        self._cursor = newest.data[0].id if newest.data else None

    async def forward_new(self) -> AsyncIterator[Delivery]:
        """Send the events that are new, and yield each attempt.

        If the last event is gone because the sandbox was restarted, its events so far
        are skipped.
        """
        try:
            events = await self._new_events()
        except APIStatusError as error:
            if self._cursor is None or error.code != "resource_missing":
                raise
            await self.skip_past_events()
            return
        for event in events:
            delivery = await self._send(event)
            self._cursor = event.id
            yield delivery

    async def _new_events(self) -> "list[SnapshotEvent]":
        if self._cursor is not None:
            pager = self.client.events.list(types=self.types, after=self._cursor)
            return [event async for event in pager]
        newest_first = self.client.events.list(types=self.types)
        return [event async for event in newest_first][::-1]

    async def _send(self, event: "SnapshotEvent") -> Delivery:
        body = json_text(event.to_dict()).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": sign(body, self.secret),
        }
        status, error, start = None, None, perf_counter()
        try:
            response = await self.http.post(self.url, content=body, headers=headers)
            status = response.status_code
        except httpx.RequestError as problem:
            error = type(problem).__name__
        return Delivery(event, status, error, perf_counter() - start)
