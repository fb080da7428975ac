"""A middleware that sends the current trace to the server."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

T = TypeVar("T")


def propagate_trace(
    propagator: TextMapPropagator | None = None,
) -> Callable[[Any, Callable[[Any], Awaitable[T]]], Awaitable[T]]:
    """Return a middleware that sends the current span in headers of each attempt.

    Use it if a proxy of yours receives the requests and continues traces. Stripe does
    not.

    Args:
        propagator: Propagator that writes the headers. By default, the headers are
            `traceparent` and `tracestate`, without the baggage.
    """
    writer = propagator or TraceContextTextMapPropagator()

    async def inject(request: Any, call_next: Callable[[Any], Awaitable[T]]) -> T:
        writer.inject(request.headers)
        return await call_next(request)

    return inject
