"""Create the transport of a client from its arguments."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from financial_connections._checks import whole_number
from financial_connections._rate_limits import rate_limits_from
from financial_connections._retry_budget import retry_budget_from
from financial_connections._settings import Settings
from financial_connections._transport.backends import make_backend
from financial_connections._transport.observer import observer_from
from financial_connections._transport.transport import Transport

if TYPE_CHECKING:
    from financial_connections.middleware import Middleware


def make_transport(
    settings: Settings,
    *,
    max_connections: Any,
    rate_limit: Any,
    retry_budget: Any,
    middleware: Any,
    transport: Any,
    http_client: Any,
    on_event: Any,
) -> Transport:
    """Check the arguments of an `AsyncClient` and return its transport.

    Args:
        settings: Settings that derived clients can change.
        max_connections: The argument `max_connections`, like all others.
        rate_limit: Limit on requests.
        retry_budget: Number of retries that may be made while no call succeeds.
        middleware: Functions to call around each attempt.
        transport: HTTP library to use.
        http_client: Client to send requests with.
        on_event: Function to call with events.

    Raises:
        ConfigurationError: An argument is invalid.
    """
    limit = whole_number("max_connections", max_connections, at_least=1)
    return Transport(
        settings=settings,
        backend=make_backend(transport, http_client, limit, settings.base_url),
        rate_limits=rate_limits_from(rate_limit),
        retry_budget=retry_budget_from(retry_budget),
        middleware=_middleware_from(middleware),
        observer=observer_from(on_event),
    )


def _middleware_from(value: Any) -> Sequence["Middleware"]:
    if value == ():  # the default
        return ()
    from financial_connections._transport.middleware import (  # noqa: PLC0415
        middleware_from,
    )

    return middleware_from(value)
