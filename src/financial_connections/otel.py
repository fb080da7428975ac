"""
Every attempt as an OpenTelemetry span: `AsyncClient(on_event=spans())`.

Needs the extra `financial-connections[otel]`. Names follow the semantic conventions for HTTP clients:
https://opentelemetry.io/docs/specs/semconv/http/http-spans/
"""

from collections.abc import Callable
from contextvars import ContextVar

try:
    from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider, get_tracer
except ModuleNotFoundError:
    raise ModuleNotFoundError("spans need: pip install 'financial-connections[otel]'") from None

from financial_connections._version import __version__
from financial_connections.events import ClientEvent, RequestFinished, RequestStarted

__all__ = ["spans"]


def spans(tracer_provider: TracerProvider | None = None) -> Callable[[ClientEvent], None]:
    """Return a handler for `on_event` that makes a span of each attempt, with the global provider or this one."""
    tracer = get_tracer("financial_connections", __version__, tracer_provider)
    # A call runs in one task, one attempt after the other: the task's context holds at most one open span.
    current: ContextVar[Span | None] = ContextVar("financial_connections_span", default=None)

    def handle(event: ClientEvent) -> None:
        if isinstance(event, RequestStarted):
            current.set(tracer.start_span(_name(event), kind=SpanKind.CLIENT, attributes=_attributes(event)))
            return
        span = current.get()
        if span is None:
            return
        if isinstance(event, RequestFinished):
            _describe(span, event)
            span.end()
            current.set(None)

    return handle


def _name(event: ClientEvent) -> str:
    return f"{event.method} {event.url_template}" if event.url_template else event.method


def _attributes(event: ClientEvent) -> dict[str, str | int]:
    attributes: dict[str, str | int] = {"http.request.method": event.method, "server.address": event.server}
    if event.url_template:
        attributes["url.template"] = event.url_template
    if event.attempt > 1:
        attributes["http.request.resend_count"] = event.attempt - 1
    return attributes


def _describe(span: Span, event: RequestFinished) -> None:
    if event.status is not None:
        span.set_attribute("http.response.status_code", event.status)
    if event.request_id is not None:
        span.set_attribute("stripe.request_id", event.request_id)
    if event.error is not None:
        span.set_attribute("error.type", str(event.status or event.error))
        span.set_status(Status(StatusCode.ERROR, event.error))
