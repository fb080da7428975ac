"""A call while it runs, and the errors that it can end in."""

from typing import Any
from urllib.parse import urlsplit

from anyio import CancelScope
from attrs import define, field

from financial_connections._decoding import ContentError, parse_json
from financial_connections._redact import sanitize
from financial_connections._transport.exchange import Answer, AttemptFailedError
from financial_connections._transport.wire import WireRequest
from financial_connections.errors import (
    APIConnectionError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    ConfigurationError,
    DeadlineExceededError,
    FinancialConnectionsError,
    error_from,
)

FAILURES = (APIConnectionError, APIResponseError, APIStatusError)
Failure = APIConnectionError | APIResponseError | APIStatusError


@define(eq=False)
class Call:
    """The state of a call while it runs."""

    wire: WireRequest
    template: str | None
    scope: CancelScope = field(factory=CancelScope, repr=False)
    """Ends the call at its deadline, or when the client is closed."""
    attempts: int = 0
    last_error: Failure | None = None

    def facts(self) -> dict[str, Any]:
        """Return what every error of the call says."""
        return {"attempts": self.attempts, "idempotency_key": self.wire.idempotency_key}

    def secrets(self) -> list[str]:
        """Return the values that were sent and must not appear in what a response says."""
        authorization: Any = self.wire.headers["Authorization"]
        return [authorization.decode().removeprefix("Bearer ")]

    def what(self) -> dict[str, Any]:
        """Return what every event of the call says."""
        server = urlsplit(f"//{self.wire.origin.authority}")
        return {
            "method": self.wire.method,
            "server": server.hostname or "",
            "port": server.port or (443 if self.wire.origin.scheme == "https" else 80),
            "url_template": self.template,
            "attempt": self.attempts,
        }

    def __str__(self) -> str:
        return f"{self.wire.method} {self.wire.path}"


def connection_error(call: Call, failure: AttemptFailedError) -> APIConnectionError:
    """Return the error for an attempt without a response."""
    error_class = APITimeoutError if failure.timed_out else APIConnectionError
    text = f"{call} got no answer: {failure} (attempt {call.attempts})"
    return error_class(
        text, retryable=failure.retryable, reason=failure.reason, **call.facts()
    )


def timeout_error(call: Call, seconds: float) -> APITimeoutError:
    """Return the error for an attempt that took longer than its timeout."""
    text = f"{call} took longer than {seconds:g} s (attempt {call.attempts})"
    return APITimeoutError(text, reason="timeout", **call.facts())


def status_error(call: Call, response: Answer) -> APIStatusError:
    """Return the error for a response other than 2xx."""
    if response.unreadable is None:
        return error_from(
            response.status,
            response.headers,
            response.content,
            secrets=call.secrets(),
            **call.facts(),
        )
    text = f"HTTP {response.status}, and the body cannot be read: {response.unreadable}"
    error = error_from(
        response.status,
        response.headers,
        text.encode(),
        secrets=call.secrets(),
        **call.facts(),
    )
    error.body = None  # the text above is not the server's
    return error


def response_error(call: Call, response: Answer, reason: str) -> APIResponseError:
    """Return the error for a 2xx response that cannot be used.

    A GET can be repeated. So can a POST, because the API answers a repeated idempotency
    key with the response that it has stored. A DELETE has no such key. JSON of an
    unexpected form would be the same again.
    """
    kind = sanitize(
        response.headers.get("content-type", "no content type"),
        60,
        secrets=call.secrets(),
    )
    return APIResponseError(
        f"the answer to {call} is unusable: {reason} (status {response.status}, {kind}, "
        f"{len(response.content)} bytes, request {response.request_id})",
        status=response.status,
        request_id=response.request_id,
        retryable=response.retryable
        and call.wire.method != "DELETE"
        and not _is_json(response.content),
        **call.facts(),
    )


def _is_json(content: bytes) -> bool:
    try:
        parse_json(content)
    except ContentError:
        return False
    return True


def deadline_error(call: Call, deadline: float | None) -> DeadlineExceededError:
    """Return the error for a call that took longer than its deadline."""
    where = (
        f"in attempt {call.attempts}"
        if call.attempts
        else "and was never sent: it waited for its turn"
    )
    return DeadlineExceededError(
        f"{call} took longer than its deadline of {deadline or 0:g} s, {where}{_last(call)}",
        request_id=call.last_error.request_id if call.last_error else None,
        reason="deadline",
        **call.facts(),
    )


def closed_error(call: Call) -> FinancialConnectionsError:
    """Return the error for a call that ended because the client was closed."""
    if not call.attempts:
        return ConfigurationError("the client is closed: make a new one")
    return APIConnectionError(
        f"the client was closed before {call} ended, in or after attempt {call.attempts}{_last(call)}",
        request_id=call.last_error.request_id if call.last_error else None,
        reason="closed",
        **call.facts(),
    )


def _last(call: Call) -> str:
    return (
        f"; the attempt before ended in: {call.last_error}" if call.last_error else ""
    )
