"""An ASGI application that receives events: for Starlette, FastAPI, or a server by
itself.
"""

import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, NoReturn

from attrs import Factory, field, frozen

from financial_connections._settings import Secret, checked_seconds, whole_number
from financial_connections.errors import (
    ConfigurationError,
    InvalidArgumentError,
    WebhookSignatureError,
)
from financial_connections.webhooks.body import (
    Receive,
    Refusal,
    Scope,
    header,
    read_body,
)
from financial_connections.webhooks.events import (
    AccountEvent,
    UnknownEvent,
    construct_event,
)
from financial_connections.webhooks.once import Handler, Once
from financial_connections.webhooks.signature import (
    TOLERANCE,
    is_tolerance,
    usable_secrets,
)
from financial_connections.webhooks.stores import (
    EventStore,
    RecentEvents,
    is_async_callable,
    store_from,
)

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_TAKEN, _REFUSED, _WRONG_METHOD, _BUSY, _FAILED = 200, 400, 405, 409, 500


def webhook_endpoint(
    secret: str | Sequence[str],
    handler: Handler,
    *,
    store: EventStore | None = None,
    tolerance: float | None = TOLERANCE,
    max_bytes: int = 1_000_000,
    body_timeout: float = 10.0,
    claim_timeout: float = 300.0,
    clock: Callable[[], float] = time.time,
) -> "WebhookEndpoint":
    """Return an ASGI application that calls `handler` once with each verified event.

        route = starlette.routing.Route("/stripe", webhook_endpoint("whsec_…", handler))
        app = Starlette(routes=[route])     # in FastAPI: app.router.routes.append(route)

    The response is 200 when `handler` has returned. `handler` should only save or
    enqueue what is to be done, because Stripe waits a few seconds for the response and
    otherwise delivers the event again. Other responses:

    * 200 without calling `handler`: the event was handled before.
    * 400: the signature is not valid, or the payload is not an event.
    * 405: the method is not POST.
    * 408, 413: the body takes longer than `body_timeout`, or is larger than
      `max_bytes`.
    * 409: another worker is handling the event. Stripe delivers it again, in case that
      worker crashes.
    * 500: `handler` or the store failed. The error is raised to the server, and Stripe
      delivers the event again.

    Args:
        secret: Signing secret of the endpoint (`whsec_…`), or several while one is rotated.
        handler: An async function, or an object with an async `__call__`. A function that is not declared with
            `async def` is refused even if it returns an awaitable, because only a call would show that.
        store: Remembers which events were handled. The default is a `RecentEvents`, which is in memory; several
            processes need a store that they share.
        tolerance: Seconds that the signature's timestamp may differ from now. None means any age.
        max_bytes: Length of the largest body to accept.
        body_timeout: Seconds in which the whole body must arrive.
        claim_timeout: Seconds after which another delivery may take over an event whose worker has crashed. It must
            be longer than `handler` can take.
        clock: Returns the time in seconds since the epoch.

    Returns:
        An ASGI application.

    Raises:
        ConfigurationError: An argument is not valid: an empty secret, a handler that is not async, a store without
            `claim`, `confirm` and `release`, or a number out of range.

    Source: https://docs.stripe.com/webhooks

    """
    secrets = [Secret(candidate) for candidate in usable_secrets(secret)]
    del secret  # no frame of a traceback shows it
    if not secrets:
        raise ConfigurationError(
            "secret is empty: the signing secret of a webhook endpoint starts with whsec_"
        )
    if not is_tolerance(tolerance):
        raise ConfigurationError(
            "tolerance must be a finite number of seconds, at least 0; None is for any age"
        )
    if not callable(clock):
        raise ConfigurationError(
            "clock must be a function that returns seconds since the epoch"
        )
    if not is_async_callable(handler):
        raise ConfigurationError(
            "handler must be an async function (async def), or have an async __call__"
        )
    return WebhookEndpoint(
        secrets=tuple(secrets),
        handler=handler,
        store=RecentEvents(clock=clock) if store is None else store_from(store),
        tolerance=tolerance,
        max_bytes=whole_number("max_bytes", max_bytes, at_least=1),
        body_timeout=checked_seconds("body_timeout", body_timeout),
        claim_timeout=checked_seconds("claim_timeout", claim_timeout),
        clock=clock,
    )


def _once(endpoint: "WebhookEndpoint") -> Once:
    return Once(
        handler=endpoint._handler,
        store=endpoint._store,
        claim_timeout=endpoint._claim_timeout,
        clock=endpoint._clock,
    )


@frozen(kw_only=True, eq=False)
class WebhookEndpoint:
    """The ASGI application that `webhook_endpoint` returns. It does not pickle, because
    it holds a secret.
    """

    _secrets: Sequence[Secret] = field(alias="secrets", repr=False)
    _handler: Handler = field(alias="handler")
    _store: EventStore = field(alias="store")
    _tolerance: float | None = field(alias="tolerance")
    _max_bytes: int = field(alias="max_bytes")
    _body_timeout: float = field(alias="body_timeout")
    _claim_timeout: float = field(alias="claim_timeout")
    _clock: Callable[[], float] = field(alias="clock")
    _once: Once = field(default=Factory(_once, takes_self=True), init=False, repr=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
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

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a webhook endpoint holds a signing secret: make one where it is used"
        )

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(
            scope, receive, max_bytes=self._max_bytes, seconds=self._body_timeout
        )
        if isinstance(body, Refusal):
            await _answer(send, body.status, body.text)
            return
        signature = header(scope["headers"], b"stripe-signature")
        event = self._event_or_fault(body, signature)
        del body, signature  # no traceback of a handler shows them
        if isinstance(event, str):
            await _answer(send, _REFUSED, event)
            return
        try:
            is_handled = await self._once.handle(event)
        except Exception:
            await _answer(send, _FAILED, "the event could not be handled")
            raise
        if is_handled:
            await _answer(send, _TAKEN, "")
        else:
            await _answer(send, _BUSY, "another worker is handling the event")

    def _event_or_fault(
        self, body: bytes, signature: bytes | None
    ) -> AccountEvent | UnknownEvent | str:
        try:
            # The list has no name, so no traceback shows the secrets in it.
            return construct_event(
                body,
                signature,
                [secret.reveal() for secret in self._secrets],
                self._tolerance,
                self._clock(),
            )
        except (WebhookSignatureError, InvalidArgumentError) as error:
            return str(error)


async def _answer(send: Send, status: int, text: str, **extra: str) -> None:
    body = text.encode()
    headers = {
        "content-type": "text/plain; charset=utf-8",
        "content-length": str(len(body)),
        **extra,
    }
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
