"""An ASGI application that receives events, to mount in Starlette or FastAPI."""

import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from http import HTTPStatus
from typing import Any, Literal, NoReturn

from attrs import field, frozen

from financial_connections._checks import (
    is_async_callable,
    positive_seconds,
    whole_number,
)
from financial_connections._redact import Secret
from financial_connections.errors import (
    ConfigurationError,
    InvalidArgumentError,
    WebhookSignatureError,
    WebhookVersionError,
)
from financial_connections.webhooks.body import (
    Receive,
    Rejection,
    Scope,
    header,
    read_body,
)
from financial_connections.webhooks.dispatch import Dispatcher, Handler
from financial_connections.webhooks.events import construct_event
from financial_connections.webhooks.signature import (
    TOLERANCE,
    is_valid_tolerance,
    valid_secrets,
)
from financial_connections.webhooks.stores import (
    EventStore,
    RecentEvents,
    store_from,
)
from financial_connections.webhooks.versions import MismatchAction, is_action

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_REJECTED = (InvalidArgumentError, WebhookSignatureError, WebhookVersionError)


def webhook_endpoint(
    secret: str | Sequence[str],
    handler: Handler,
    *,
    store: EventStore | None = None,
    tolerance: float | None = TOLERANCE,
    max_bytes: int = 1_000_000,
    body_timeout: float = 10.0,
    claim_timeout: float = 300.0,
    on_version_mismatch: Literal["warn", "raise", "ignore"] = "warn",
    clock: Callable[[], float] = time.time,
) -> "WebhookEndpoint":
    """Return an ASGI application that calls a handler once for each verified event.

        route = starlette.routing.Route("/stripe", webhook_endpoint("whsec_…", handler))
        app = Starlette(routes=[route])  # in FastAPI: app.router.routes.append(route)

    The handler should only save or enqueue what needs to be done, because Stripe waits
    only a few seconds for the response and otherwise delivers the event again.

    The status of the response is:

    * 200 after the handler has returned, or if the event was handled before.
    * 400 if the signature, the payload or its API version is rejected.
    * 405 if the method is not POST.
    * 408 or 413 if the body takes longer than `body_timeout` or exceeds `max_bytes`.
    * 409 if another worker is handling the event. Stripe then delivers it again, in
      case that worker crashes.
    * 500 if the handler or the store fails. The error propagates to the server, and
      Stripe delivers the event again.

    Args:
        secret: Signing secret of the endpoint (`whsec_…`), or several while one is
            being rotated.
        handler: Called with each event: an `async def` function, or an object with an
            `async def __call__`. Other functions are rejected even if they return an
            awaitable, because that cannot be known before they are called.
        store: Record of handled events. Defaults to `RecentEvents`, which keeps them in
            memory. Use a shared store if there are several processes.
        tolerance: Seconds by which the signature's timestamp may differ from now, in
            either direction. None accepts any timestamp.
        max_bytes: Maximum length of the body.
        body_timeout: Seconds within which the whole body must arrive.
        claim_timeout: Seconds after which another worker may handle the event, in case
            the first one has crashed. Must be longer than the handler can ever take.
        on_version_mismatch: Action for a snapshot event of another API version; see
            `construct_event`. With `raise`, the response is 400.
        clock: Returns the current time, in seconds since the epoch.

    Returns:
        An ASGI application.

    Raises:
        ConfigurationError: The secret is empty, the handler is not async, the store
            lacks `claim`, `confirm` or `release`, or a number is out of range.

    Source: https://docs.stripe.com/webhooks
    """
    secrets = valid_secrets(secret)
    if not secrets:
        raise ConfigurationError(
            "secret is empty: pass the endpoint's signing secret, which starts with "
            "whsec_"
        )
    if not is_valid_tolerance(tolerance):
        raise ConfigurationError(
            "tolerance must be a finite number of seconds, at least 0, or None for no "
            "limit"
        )
    if not callable(clock):
        raise ConfigurationError(
            "clock must be a function that returns seconds since the epoch"
        )
    if not is_action(on_version_mismatch):
        raise ConfigurationError("on_version_mismatch must be warn, raise or ignore")
    if not is_async_callable(handler):
        raise ConfigurationError(
            "handler must be an async function (async def) or have an async __call__"
        )
    return WebhookEndpoint(
        secrets=tuple(map(Secret, secrets)),
        dispatcher=Dispatcher(
            handler=handler,
            store=RecentEvents(clock=clock) if store is None else store_from(store),
            claim_timeout=positive_seconds("claim_timeout", claim_timeout),
            clock=clock,
        ),
        tolerance=tolerance,
        max_bytes=whole_number("max_bytes", max_bytes, at_least=1),
        body_timeout=positive_seconds("body_timeout", body_timeout),
        on_version_mismatch=on_version_mismatch,
        clock=clock,
    )


@frozen(kw_only=True, eq=False)
class WebhookEndpoint:
    """An ASGI application that receives events, created by `webhook_endpoint`.

    It cannot be pickled, because it holds signing secrets.

    Args:
        secrets: Signing secrets of the endpoint.
        dispatcher: Calls the handler once for each event.
        tolerance: Seconds by which the signature's timestamp may differ from now, in
            either direction. None accepts any timestamp.
        max_bytes: Maximum length of the body.
        body_timeout: Seconds within which the whole body must arrive.
        on_version_mismatch: Action for a snapshot event of another API version.
        clock: Returns the current time, in seconds since the epoch.
    """

    _secrets: Sequence[Secret] = field(alias="secrets", repr=False)
    _dispatcher: Dispatcher = field(alias="dispatcher")
    _tolerance: float | None = field(alias="tolerance")
    _max_bytes: int = field(alias="max_bytes")
    _body_timeout: float = field(alias="body_timeout")
    _on_version_mismatch: MismatchAction = field(alias="on_version_mismatch")
    _clock: Callable[[], float] = field(alias="clock")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection.

        Args:
            scope: Type and details of the connection.
            receive: Returns the next message from the server.
            send: Sends a message to the server.
        """
        match scope["type"]:
            case "http" if scope["method"] == "POST":
                await self._receive_event(scope, receive, send)
            case "http":
                await _respond(
                    send,
                    HTTPStatus.METHOD_NOT_ALLOWED,
                    "the method must be POST",
                    allow="POST",
                )
            case "websocket":
                await send({"type": "websocket.close"})
            case "lifespan":
                await _lifespan(receive, send)
            case _:
                pass

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a webhook endpoint holds a signing secret and cannot be pickled"
        )

    async def _receive_event(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(
            scope, receive, max_bytes=self._max_bytes, seconds=self._body_timeout
        )
        if isinstance(body, Rejection):
            await _respond(send, body.status, body.text)
            return
        try:
            event = construct_event(
                body,
                header(scope["headers"], b"stripe-signature"),
                [secret.reveal() for secret in self._secrets],
                self._tolerance,
                self._clock(),
                on_version_mismatch=self._on_version_mismatch,
            )
        except _REJECTED as error:
            await _respond(send, HTTPStatus.BAD_REQUEST, str(error))
            return
        try:
            is_handled = await self._dispatcher.dispatch(event)
        except Exception:
            await _respond(
                send,
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "the event could not be handled",
            )
            raise
        if is_handled:
            await _respond(send, HTTPStatus.OK, "")
        else:
            await _respond(
                send, HTTPStatus.CONFLICT, "another worker is handling the event"
            )


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _respond(
    send: Send, status: HTTPStatus, text: str, **extra_headers: str
) -> None:
    body = text.encode()
    headers = {
        "content-type": "text/plain; charset=utf-8",
        "content-length": str(len(body)),
        **extra_headers,
    }
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": int(status), "headers": raw})
    await send({"type": "http.response.body", "body": body})
