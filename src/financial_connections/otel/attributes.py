"""Attributes of spans and metrics."""

from financial_connections.events import (
    CallEvent,
    CallFinished,
    OperationFinished,
    RateLimited,
    RequestFinished,
    RequestStarted,
    RetryBudgetExhausted,
    RetryScheduled,
)

Attributes = dict[str, str | int | float]

Finished = RequestFinished | CallFinished | OperationFinished

_DEFAULT_PORTS = {"https": 443, "http": 80}
_FIRST_ERROR = 400


def endpoint(event: CallEvent) -> Attributes:
    """Return the attributes by which metrics are grouped."""
    attributes: Attributes = {
        "http.request.method": event.method,
        "server.address": event.server,
    }
    if event.port is not None:
        attributes["server.port"] = event.port
    if event.url_template:
        attributes["url.template"] = event.url_template
    return attributes


def request(event: RequestStarted) -> Attributes:
    """Return the attributes of an attempt that are known before it is sent."""
    attributes = endpoint(event)
    attributes["url.scheme"] = event.scheme
    attributes["url.full"] = _redacted_url(event)
    if event.attempt > 1:
        attributes["http.request.resend_count"] = event.attempt - 1
    attributes["financial_connections.waited"] = event.waited
    attributes["financial_connections.waited_for_connection"] = (
        event.waited_for_connection
    )
    attributes["financial_connections.waited_for_permit"] = event.waited_for_permit
    if event.rate is not None:
        attributes["financial_connections.rate_limit"] = event.rate
    return attributes


def response(event: RequestFinished | CallFinished) -> Attributes:
    """Return the status and the ID of a response, if there was one."""
    attributes: Attributes = {}
    if event.status is not None:
        attributes["http.response.status_code"] = event.status
    if event.request_id is not None:
        attributes["stripe.request_id"] = event.request_id
    if isinstance(event, RequestFinished) and event.rate_limit_reason is not None:
        attributes["stripe.rate_limited_reason"] = event.rate_limit_reason
    return attributes


def span_event(
    event: RetryScheduled | RateLimited | RetryBudgetExhausted,
) -> tuple[str, Attributes]:
    """Return the name and the attributes of an event of a span."""
    if isinstance(event, RetryBudgetExhausted):
        return "retry budget exhausted", {"error.type": event.error}
    attributes: Attributes = {"financial_connections.seconds": event.seconds}
    if isinstance(event, RetryScheduled):
        return "retry scheduled", attributes
    if event.rate is not None:
        attributes["financial_connections.rate_limit"] = event.rate
    if event.reason is not None:
        attributes["stripe.rate_limited_reason"] = event.reason
    return "rate limited", attributes


def error_type(event: Finished) -> str | None:
    """Return the value of `error.type`; None unless something failed.

    The error of an attempt is its status, as the semantic conventions recommend.
    Cancelling a task is not a failure.
    """
    if event.error is None or event.error == "CancelledError":
        return None
    if isinstance(event, RequestFinished) and (event.status or 0) >= _FIRST_ERROR:
        return str(event.status)
    return event.error


def _redacted_url(event: CallEvent) -> str:
    """Return the URL with placeholders for IDs, and without its query."""
    host = f"[{event.server}]" if ":" in event.server else event.server
    is_default = event.port in {None, _DEFAULT_PORTS.get(event.scheme)}
    port = "" if is_default else f":{event.port}"
    return f"{event.scheme}://{host}{port}{event.url_template or '/REDACTED'}"
