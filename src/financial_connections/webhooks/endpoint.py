"""An ASGI application that receives events, to mount in Starlette or FastAPI."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn

from attrs import field, frozen

from financial_connections.errors import (
    InvalidArgumentError,
    WebhookSignatureError,
    WebhookVersionError,
)
from financial_connections.webhooks.asgi import acknowledge_lifespan, respond
from financial_connections.webhooks.body import Rejection, header, read_body
from financial_connections.webhooks.catch_up import (
    handle_all,
    handle_once,
    require_queryable,
)
from financial_connections.webhooks.events import construct_event
from financial_connections.webhooks.versions import check_version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from financial_connections._events import SnapshotEvent
    from financial_connections._redact import Secret
    from financial_connections._request import RequestOptions
    from financial_connections.params import TimestampRange
    from financial_connections.webhooks.asgi import Send
    from financial_connections.webhooks.body import Receive, Scope
    from financial_connections.webhooks.dispatch import Dispatcher
    from financial_connections.webhooks.history import EventsClient
    from financial_connections.webhooks.versions import MismatchAction

_REJECTED = (InvalidArgumentError, WebhookSignatureError, WebhookVersionError)


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
                await respond(
                    send,
                    HTTPStatus.METHOD_NOT_ALLOWED,
                    "the method must be POST",
                    allow="POST",
                )
            case "websocket":
                await send({"type": "websocket.close"})
            case "lifespan":
                await acknowledge_lifespan(receive, send)
            case _:
                pass

    async def catch_up(
        self,
        client: EventsClient,
        *,
        after: str | None = None,
        created: TimestampRange | int | datetime | None = None,
        types: Sequence[str] | None = None,
        delivery_success: bool | None = None,
        options: RequestOptions | None = None,
    ) -> str | None:
        """Handle the events that the endpoint has missed, from oldest to newest.

            saved = await endpoint.catch_up(client, after="evt_123")

        The events are read from the API, which keeps them for 30 days, and go through
        the same handler and store as deliveries. Each one is handled once, even if it
        is delivered at the same time. If another worker is handling an event, the call
        waits for that worker.

        Save the result as the next `after`. If an event cannot be handled, the call
        stops there, so that no event is skipped. Call it again with the same `after`:
        events that have been handled are not handled again while the store remembers
        them. Only snapshot events are read, because the API lists no thin events.

        Args:
            client: Client to read the events with, such as an `AsyncClient`. To catch
                up on the events of a connected account, pass a derived client.
            after: ID of the last event that a previous call has handled (`evt_…`).
            created: Handle only events created at this time, or within this range of
                times, such as `{"gte": …}`, in seconds since the epoch. If there is no
                `after`, this is required, and a range must contain `gt` or `gte`.
            types: Types of the events, at most 20. Defaults to all types of Financial
                Connections that this version knows.
            delivery_success: If false, handle only events that at least one of your
                webhook endpoints has not acknowledged. By default, events are handled
                whether or not they have been delivered.
            options: Overrides the client's settings for each request.

        Returns:
            The ID of the last event handled; `after` if there was none.

        Raises:
            ConfigurationError: The store has no `is_confirmed`.
            CursorExpiredError: Stripe no longer has the event `after`. Pass `created`.
            InvalidArgumentError: There is neither `after` nor a time to start from.
            WebhookVersionError: The endpoint rejects the API version of an event.
        """
        require_queryable(self._dispatcher)
        list_events = partial(
            client.events.list,
            types=types,
            delivery_success=delivery_success,
            options=options,
        )
        return await handle_all(list_events, self._handle, after=after, created=created)

    async def _handle(self, event: SnapshotEvent) -> None:
        check_version(event, self._on_version_mismatch)
        await handle_once(self._dispatcher, event)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a webhook endpoint holds a signing secret and cannot be pickled"
        )

    async def _receive_event(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(
            scope, receive, max_bytes=self._max_bytes, seconds=self._body_timeout
        )
        if isinstance(body, Rejection):
            await respond(send, body.status, body.text)
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
            await respond(send, HTTPStatus.BAD_REQUEST, str(error))
            return
        try:
            is_handled = await self._dispatcher.dispatch(event)
        except Exception:
            await respond(
                send,
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "the event could not be handled",
            )
            raise
        if is_handled:
            await respond(send, HTTPStatus.OK, "")
        else:
            await respond(
                send, HTTPStatus.CONFLICT, "another worker is handling the event"
            )
