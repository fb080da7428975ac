"""OpenTelemetry spans and metrics, for `AsyncClient(on_event=spans())`.

Needs the extra `financial-connections[otel]`. Names follow the semantic conventions for
HTTP clients.

Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
"""

from collections.abc import Callable
from contextvars import ContextVar

try:
    from opentelemetry.metrics import MeterProvider, get_meter
    from opentelemetry.trace import (
        Span,
        SpanKind,
        Status,
        StatusCode,
        TracerProvider,
        get_tracer,
        set_span_in_context,
    )
except ModuleNotFoundError:
    raise ModuleNotFoundError(
        "spans need: pip install 'financial-connections[otel]'"
    ) from None

from financial_connections._version import __version__
from financial_connections.events import ClientEvent, RequestFinished, RequestStarted

__all__ = ["spans"]

_CANCELLED = "CancelledError"

# Bucket boundaries in seconds, as recommended by the semantic conventions.
_BOUNDARIES = (
    0.005,
    0.01,
    0.025,
    0.05,
    0.075,
    0.1,
    0.25,
    0.5,
    0.75,
    1,
    2.5,
    5,
    7.5,
    10,
)


def spans(
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
) -> Callable[[ClientEvent], None]:
    """Return an event handler that records a span and a duration for each attempt.

    Args:
        tracer_provider: Tracer provider. Defaults to the global one.
        meter_provider: Meter provider for the metric `http.client.request.duration`.
            Defaults to the global one.

    Returns:
        The handler, which any number of clients can share.
    """
    tracer = get_tracer("financial_connections", __version__, tracer_provider)
    durations = get_meter(
        "financial_connections", __version__, meter_provider
    ).create_histogram(
        "http.client.request.duration",
        unit="s",
        description="Duration of HTTP client requests.",
        explicit_bucket_boundaries_advisory=_BOUNDARIES,
    )
    # The attempts of a call run one after another in a single task, so the task's
    # context has at most one open span.
    current: ContextVar[Span | None] = ContextVar(
        "financial_connections_span", default=None
    )

    def handle(event: ClientEvent) -> None:
        if isinstance(event, RequestStarted):
            current.set(
                tracer.start_span(
                    _name(event), kind=SpanKind.CLIENT, attributes=_attributes(event)
                )
            )
            return
        span = current.get()
        if span is None:
            return
        if isinstance(event, RequestFinished):
            _describe(span, event)
            span.end()
            durations.record(
                event.seconds, _metric_attributes(event), set_span_in_context(span)
            )
            current.set(None)

    return handle


def _name(event: ClientEvent) -> str:
    return (
        f"{event.method} {event.url_template}" if event.url_template else event.method
    )


def _attributes(event: ClientEvent) -> dict[str, str | int | float]:
    attributes = _common_attributes(event)
    if event.attempt > 1:
        attributes["http.request.resend_count"] = event.attempt - 1
    if isinstance(event, RequestStarted):
        attributes["financial_connections.waited"] = event.waited
    return attributes


def _metric_attributes(event: RequestFinished) -> dict[str, str | int | float]:
    attributes = _common_attributes(event)
    if event.status is not None:
        attributes["http.response.status_code"] = event.status
    if event.error is not None and event.error != _CANCELLED:
        attributes["error.type"] = str(event.status or event.error)
    return attributes


def _common_attributes(event: ClientEvent) -> dict[str, str | int | float]:
    attributes: dict[str, str | int | float] = {
        "http.request.method": event.method,
        "server.address": event.server,
    }
    if event.port is not None:
        attributes["server.port"] = event.port
    if event.url_template:
        attributes["url.template"] = event.url_template
    return attributes


def _describe(span: Span, event: RequestFinished) -> None:
    if event.status is not None:
        span.set_attribute("http.response.status_code", event.status)
    if event.request_id is not None:
        span.set_attribute("stripe.request_id", event.request_id)
    # Cancelling a task is not a failure of the request.
    if event.error is not None and event.error != _CANCELLED:
        span.set_attribute("error.type", str(event.status or event.error))
        span.set_status(Status(StatusCode.ERROR, event.error))
