"""A middleware that sends the current trace to the server."""

from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from financial_connections.middleware import (
    CallNext,
    HTTPRequest,
    HTTPResponse,
    Middleware,
)


def propagate_trace(propagator: TextMapPropagator | None = None) -> Middleware:
    """Return a middleware that sends the current span in headers of each attempt.

    Use it if a proxy of yours receives the requests and continues traces. Stripe does
    not.

    Args:
        propagator: Propagator that writes the headers. By default, the headers are
            `traceparent` and `tracestate`, without the baggage.

    Returns:
        The middleware, which any number of clients can share.
    """
    writer = propagator or TraceContextTextMapPropagator()

    async def inject(request: HTTPRequest, call_next: CallNext) -> HTTPResponse:
        # pyright rejects the default of the parameter `setter`.
        writer.inject(request.headers)  # pyright: ignore[reportArgumentType]
        return await call_next(request)

    return inject
