"""Spans of calls, attempts and operations."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from attrs import frozen
from opentelemetry import context
from opentelemetry.metrics import get_meter
from opentelemetry.trace import (
    Link,
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    get_current_span,
    get_tracer,
    set_span_in_context,
)

from financial_connections._version import __version__
from financial_connections.events import (
    CallEvent,
    CallFinished,
    CallStarted,
    ClientEvent,
    OperationFinished,
    OperationStarted,
    OperationWoken,
    RateLimited,
    RequestFinished,
    RequestStarted,
    RetryBudgetExhausted,
    RetryScheduled,
)
from financial_connections.otel import attributes
from financial_connections.otel.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Token

    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider


def spans(
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
) -> Callable[[ClientEvent], None]:
    """Return an event handler that creates spans and records metrics.

    Every call has a span, with a child for each attempt. Both are current while they
    run. Waits for a refresh have a span around their calls, and so does each account of
    a method that processes many accounts.

    Args:
        tracer_provider: Tracer provider. Defaults to the global one.
        meter_provider: Meter provider. Defaults to the global one.

    Returns:
        The handler, which any number of clients can share.
    """
    tracer = get_tracer("financial_connections", __version__, tracer_provider)
    meter = get_meter("financial_connections", __version__, meter_provider)
    metrics = Metrics(meter)
    tracing = _Tracing(tracer)

    def handle(event: ClientEvent) -> None:
        tracing.begin(event)
        try:
            # The current span becomes the exemplar of what is recorded.
            metrics.record(event)
        finally:
            tracing.end(event)

    return handle


@frozen(eq=False)
class _OpenSpan:
    """A span that is current in the context of its task."""

    started: type[ClientEvent]
    span: Span
    token: Token[context.Context]
    outer: _OpenSpan | None


class _Tracing:
    """The spans of a handler."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        # The events of a call or an operation are emitted in a single task, so its
        # innermost open span is the one that they belong to.
        self._innermost: ContextVar[_OpenSpan | None] = ContextVar(
            "financial_connections_span", default=None
        )

    def begin(self, event: ClientEvent) -> None:
        """Start the span that an event begins, or add the event to the open one."""
        match event:
            case CallStarted():
                values = attributes.endpoint(event)
                self._start(event, _name(event), SpanKind.INTERNAL, values)
            case RequestStarted():
                values = attributes.request(event)
                self._start(event, _name(event), SpanKind.CLIENT, values)
            case OperationStarted():
                self._start_operation(event)
            case OperationWoken():
                notifier = event.notified_in.run(get_current_span).get_span_context()
                if (open_span := self._innermost.get()) and notifier.is_valid:
                    open_span.span.add_link(notifier)
            case RetryScheduled() | RateLimited() | RetryBudgetExhausted():
                if open_span := self._innermost.get():
                    name, values = attributes.span_event(event)
                    open_span.span.add_event(name, values)
            case _:
                pass

    def end(self, event: ClientEvent) -> None:
        """End the span that an event ends."""
        match event:
            case RequestFinished():
                self._end(RequestStarted, event, attributes.response(event))
            case CallFinished():
                values = attributes.response(event)
                values["financial_connections.attempts"] = event.attempt
                self._end(CallStarted, event, values)
            case OperationFinished():
                self._end(OperationStarted, event, {})
            case _:
                pass

    def _start_operation(self, event: OperationStarted) -> None:
        name = event.operation
        if not event.concurrent:
            self._start(event, name, SpanKind.INTERNAL, {})
            return
        # A trace with the calls of thousands of accounts would be unusable.
        caller = get_current_span().get_span_context()
        span = self._tracer.start_span(
            name,
            context.Context(),
            SpanKind.INTERNAL,
            links=[Link(caller)] if caller.is_valid else [],
        )
        self._enter(event, span)

    def _start(
        self,
        event: ClientEvent,
        name: str,
        kind: SpanKind,
        values: attributes.Attributes,
    ) -> None:
        self._enter(event, self._tracer.start_span(name, None, kind, values))

    def _enter(self, event: ClientEvent, span: Span) -> None:
        token = context.attach(set_span_in_context(span))
        outer = self._innermost.get()
        self._innermost.set(_OpenSpan(type(event), span, token, outer))

    def _end(
        self,
        started: type[ClientEvent],
        event: attributes.Finished,
        values: attributes.Attributes,
    ) -> None:
        open_span = self._innermost.get()
        # If the span could not be started, the innermost one belongs to another event.
        if open_span is None or open_span.started is not started:
            return
        self._innermost.set(open_span.outer)
        context.detach(open_span.token)
        span = open_span.span
        span.set_attributes(values)
        if error := attributes.error_type(event):
            span.set_attribute("error.type", error)
            span.set_status(Status(StatusCode.ERROR, event.error))
        span.end()


def _name(event: CallEvent) -> str:
    return (
        f"{event.method} {event.url_template}" if event.url_template else event.method
    )
