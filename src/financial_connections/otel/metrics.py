"""Metrics of calls and operations."""

from collections.abc import Sequence

from opentelemetry.metrics import Histogram, Meter

from financial_connections.events import (
    CallFinished,
    ClientEvent,
    OperationFinished,
    RequestFinished,
    RequestStarted,
    RetryBudgetExhausted,
    RetryScheduled,
)
from financial_connections.otel.attributes import (
    Attributes,
    Finished,
    endpoint,
    error_type,
)

# Bucket boundaries in seconds. Those of a request are recommended by the semantic
# conventions. Waiting can take less time than a request, and a call more.
_REQUEST = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_CALL = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_WAIT = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_OPERATION = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)

_TOO_MANY_REQUESTS = 429


class Metrics:
    """Instruments that record the events of a client.

    Args:
        meter: Meter that creates the instruments.
    """

    def __init__(self, meter: Meter) -> None:
        self._requests = _seconds(
            meter,
            "http.client.request.duration",
            "Duration of HTTP client requests.",
            _REQUEST,
        )
        self._calls = _seconds(
            meter,
            "financial_connections.call.duration",
            "Duration of calls, including their retries and waits.",
            _CALL,
        )
        self._operations = _seconds(
            meter,
            "financial_connections.operation.duration",
            "Duration of operations that make several calls.",
            _OPERATION,
        )
        self._waits = _seconds(
            meter,
            "financial_connections.wait.duration",
            "Time that requests waited for a connection, a permit or a retry.",
            _WAIT,
        )
        self._retries = meter.create_counter(
            "financial_connections.retries", "{retry}", "Number of scheduled retries."
        )
        self._exhausted = meter.create_counter(
            "financial_connections.retry_budget.exhausted",
            "{call}",
            "Number of calls that were not retried for lack of retry budget.",
        )
        self._rate_limited = meter.create_counter(
            "financial_connections.rate_limited",
            "{response}",
            "Number of 429 responses.",
        )
        self._rate = meter.create_gauge(
            "financial_connections.rate_limit",
            "{request}/s",
            "Adaptive rate limit of the endpoint.",
        )

    def record(self, event: ClientEvent) -> None:
        """Record an event."""
        match event:
            case RequestStarted():
                self._record_wait(event, "connection", event.waited_for_connection)
                self._record_wait(event, "permit", event.waited_for_permit)
                if event.rate is not None:
                    self._rate.set(event.rate, endpoint(event))
            case RequestFinished():
                attributes = endpoint(event) | _outcome(event)
                if event.status is not None:
                    attributes["http.response.status_code"] = event.status
                self._requests.record(event.seconds, attributes)
                if event.status == _TOO_MANY_REQUESTS:
                    self._rate_limited.add(1, _limit(event))
            case RetryScheduled():
                self._retries.add(1, endpoint(event))
                self._record_wait(event, "backoff", event.seconds)
            case RetryBudgetExhausted():
                attributes = endpoint(event)
                attributes["error.type"] = event.error
                self._exhausted.add(1, attributes)
            case CallFinished():
                self._calls.record(event.seconds, endpoint(event) | _outcome(event))
            case OperationFinished():
                attributes = _outcome(event)
                attributes["financial_connections.operation"] = event.operation
                self._operations.record(event.seconds, attributes)
            case _:
                pass

    def _record_wait(
        self, event: RequestStarted | RetryScheduled, reason: str, seconds: float
    ) -> None:
        attributes = endpoint(event)
        attributes["financial_connections.wait.reason"] = reason
        self._waits.record(seconds, attributes)


def _seconds(
    meter: Meter, name: str, description: str, boundaries: Sequence[float]
) -> Histogram:
    return meter.create_histogram(
        name,
        unit="s",
        description=description,
        explicit_bucket_boundaries_advisory=boundaries,
    )


def _outcome(event: Finished) -> Attributes:
    error = error_type(event)
    return {} if error is None else {"error.type": error}


def _limit(event: RequestFinished) -> Attributes:
    attributes = endpoint(event)
    if event.rate_limit_reason is not None:
        attributes["stripe.rate_limited_reason"] = event.rate_limit_reason
    return attributes
