"""Create a webhook endpoint, after checking its settings."""

import time
from collections.abc import Callable, Sequence
from typing import Literal

from financial_connections._checks import (
    is_async_callable,
    positive_seconds,
    whole_number,
)
from financial_connections._redact import Secret
from financial_connections.errors import ConfigurationError
from financial_connections.webhooks.dispatch import Dispatcher, Handler
from financial_connections.webhooks.endpoint import WebhookEndpoint
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
from financial_connections.webhooks.versions import is_action


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
) -> WebhookEndpoint:
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
