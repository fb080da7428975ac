"""An ASGI application that receives events: for Starlette, FastAPI, or a server by itself."""

import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any, Protocol

import anyio
from attrs import field, frozen

from financial_connections.errors import ConfigurationError, InvalidArgumentError, WebhookSignatureError
from financial_connections.webhooks.events import AccountEvent, UnknownEvent, construct_event
from financial_connections.webhooks.signature import TOLERANCE, is_tolerance, usable_secrets

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Handler = Callable[[AccountEvent | UnknownEvent], Awaitable[object]]
"""What is called with each event."""

_TAKEN, _REFUSED, _WRONG_METHOD, _TOO_LARGE, _FAILED = 200, 400, 405, 413, 500


class EventStore(Protocol):
    """Which events were handled. Share one between processes: a table with a unique id, a key with an expiry."""

    async def seen(self, event: str) -> bool:
        """Tell whether `add` was called with this event's id."""
        ...

    async def add(self, event: str) -> None:
        """Remember the id of an event that was handled. Stripe repeats an event for up to three days."""
        ...


class RecentEvents:
    """An `EventStore` in memory, of the latest `capacity` ids."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._ids: dict[str, None] = {}

    async def seen(self, event: str) -> bool:
        """Tell whether the id is among the latest."""
        return event in self._ids

    async def add(self, event: str) -> None:
        """Remember an id, and forget the oldest when there are too many."""
        self._ids[event] = None
        while len(self._ids) > self._capacity:
            del self._ids[next(iter(self._ids))]


def webhook_endpoint(
    secret: str | Sequence[str],
    handler: Handler,
    *,
    store: EventStore | None = None,
    tolerance: float | None = TOLERANCE,
    max_bytes: int = 1_000_000,
    clock: Callable[[], float] = time.time,
) -> "WebhookEndpoint":
    """
    Return an ASGI application that hands each verified event to `handler`, once.

        route = starlette.routing.Route("/stripe", webhook_endpoint("whsec_…", handler))
        app = Starlette(routes=[route])     # in FastAPI: app.router.routes.append(route)

    It answers 200 when `handler` returns, so `handler` should only write down or enqueue what is to be done: Stripe
    wants an answer within seconds, and sends again what got none. An error of `handler` becomes a 500 and is raised
    on, and Stripe sends the event again. An event whose id is in `store` is answered without `handler`; one that is
    being handled waits for the outcome. A bad signature gets 400, a body above `max_bytes` 413, any other method than
    POST 405. `secret` may be several, while one is rotated. Raises `ConfigurationError` for an empty secret, and for a
    `tolerance` that is no finite number of seconds.

    Source: https://docs.stripe.com/webhooks
    """
    secrets = usable_secrets(secret)
    del secret  # from here on no frame of a traceback holds one that is good
    if not secrets:
        raise ConfigurationError("secret is empty: the signing secret of a webhook endpoint starts with whsec_")
    if not is_tolerance(tolerance):
        raise ConfigurationError("tolerance must be a finite number of seconds, at least 0; None is for any age")
    return WebhookEndpoint(
        secrets=secrets,
        handler=handler,
        store=store or RecentEvents(),
        tolerance=tolerance,
        max_bytes=max_bytes,
        clock=clock,
    )


@frozen(kw_only=True, eq=False)
class WebhookEndpoint:
    """What `webhook_endpoint` returns: an ASGI application."""

    _secrets: Sequence[str] = field(alias="secrets", repr=False)
    _handler: Handler = field(alias="handler")
    _store: EventStore = field(alias="store")
    _tolerance: float | None = field(alias="tolerance")
    _max_bytes: int = field(alias="max_bytes")
    _clock: Callable[[], float] = field(alias="clock")
    _running: dict[str, anyio.Event] = field(factory=dict, init=False, repr=False)
    """The events that are being handled, by id."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        match scope["type"]:
            case "http" if scope["method"] == "POST":
                await self._post(scope, receive, send)
            case "http":
                await _answer(send, _WRONG_METHOD, "only POST", allow="POST")
            case "websocket":
                await send({"type": "websocket.close"})
            case "lifespan":
                await _live(receive, send)
            case _:
                pass

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(scope, receive, self._max_bytes)
        if body is None:
            await _answer(send, _TOO_LARGE, "the body is too large")
            return
        try:
            signature = _header(scope["headers"], b"stripe-signature")
            event = construct_event(body, signature, self._secrets, self._tolerance, self._clock())
        except (WebhookSignatureError, InvalidArgumentError) as error:
            await _answer(send, _REFUSED, str(error))
            return
        finally:
            body = None  # no traceback of a handler shows it
        try:
            await self._handle_once(event)
        except Exception:
            await _answer(send, _FAILED, "the event could not be handled")
            raise
        await _answer(send, _TAKEN, "")

    async def _handle_once(self, event: AccountEvent | UnknownEvent) -> None:
        if not event.id:
            await self._handler(event)
            return
        while event.id in self._running:
            await self._running[event.id].wait()
        done = self._running[event.id] = anyio.Event()
        try:
            if not await self._store.seen(event.id):
                await self._handler(event)
                # Only now: an event that was noted and not handled, in a crash, would be lost.
                await self._store.add(event.id)
        finally:
            del self._running[event.id]
            done.set()


async def _body(scope: Scope, receive: Receive, limit: int) -> bytes | None:
    """Return the raw body; None when it is too large, whatever length was announced."""
    announced = _header(scope["headers"], b"content-length") or b""
    if announced.isdigit() and int(announced[:20]) > limit:
        return None
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            return None
        # A disconnect has no "more_body" either; what was left of the body does not verify.
        more = message.get("more_body", False)
    return b"".join(parts)


def _header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    return next((value for key, value in headers if key.lower() == name), None)


async def _answer(send: Send, status: int, text: str, **headers: str) -> None:
    body = text.encode()
    told = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body)), **headers}
    raw = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
