"""A running call, and the errors it can end with."""

import time
from typing import Any, TypeVar
from urllib.parse import urlsplit

from anyio import CancelScope
from attrs import define, field

from financial_connections._decoding import ContentError, parse_json
from financial_connections._rate_limits import Throttle
from financial_connections._redact import Secret, sanitize
from financial_connections._response import Headers
from financial_connections._transport.response import NoResponse, Response
from financial_connections._transport.status_error import error_from
from financial_connections._transport.wire import WireRequest
from financial_connections.errors import (
    APIConnectionError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    ConfigurationError,
    DeadlineExceededError,
)

AttemptError = APIConnectionError | APIResponseError | APIStatusError
"""The error of a single attempt, which may be retried."""

_HINTS: dict[str | None, str] = {  # by `APIConnectionError.reason`
    **dict.fromkeys(("dns", "refused", "tls", "network"), "check base_url="),
    "timeout": "increase timeout= to wait longer",
    "deadline": "increase deadline= to wait longer",
}

T = TypeVar("T")
ErrorT = TypeVar("ErrorT", bound=Exception)


@define(eq=False)
class Call:
    """The state of a running call."""

    wire: WireRequest
    template: str | None
    api_key: Secret
    expandable: tuple[str, ...] | None = None  # paths, if anything is to be expanded
    started_at: float = field(factory=time.monotonic)
    scope: CancelScope = field(factory=CancelScope, repr=False)
    """Cancelled at the call's deadline, or when the client is closed."""
    attempts: int = 0
    retries: int = 0
    """Number of retries, without those after a 429 that slowed down all calls."""
    retry_cost: float = 0.0
    """Part of the retry budget that the last retry used up."""
    throttled: int = 0
    """Number of 429s that slowed down all calls."""
    throttle: Throttle | None = None
    """Consequence of the latest attempt, if it ended with such a 429."""
    last_error: AttemptError | None = None
    last_response: Response | None = None

    def error_fields(self) -> dict[str, Any]:
        """Return the attributes that all errors of the call share."""
        return {"attempts": self.attempts, "idempotency_key": self.wire.idempotency_key}

    def response_fields(self, response: Response) -> dict[str, Any]:
        """Return the attributes of a `ResponseInfo`."""
        return {
            "status": response.status,
            "headers": Headers(response.headers, self.api_key),
            "request_id": response.request_id,
            "attempts": self.attempts,
            "idempotency_key": self.wire.idempotency_key,
            "replayed": response.headers.get("idempotent-replayed") == "true",
            "seconds": time.monotonic() - self.started_at,
        }

    def event_fields(self) -> dict[str, Any]:
        """Return the attributes that all events of the call share."""
        server = urlsplit(f"//{self.wire.origin.authority}")
        return {
            "method": self.wire.method,
            "scheme": self.wire.origin.scheme,
            "server": server.hostname or "",
            "port": server.port or (443 if self.wire.origin.scheme == "https" else 80),
            "url_template": self.template,
            "attempt": self.attempts,
        }

    def secrets(self) -> list[str]:
        """Return the secrets that were sent, which a response may quote."""
        return [self.api_key.reveal()]

    def server(self) -> str:
        return f"{self.wire.origin.scheme}://{self.wire.origin.authority}"

    def __str__(self) -> str:
        return f"{self.wire.method} {self.wire.path}"


def connection_error(call: Call, result: NoResponse) -> APIConnectionError:
    """Return the error for an attempt without a response."""
    error_class = APITimeoutError if result.timed_out else APIConnectionError
    error = error_class(
        f"{call} got no response from {call.server()}: {result.message} "
        f"(attempt {call.attempts})",
        retryable=result.retryable,
        reason=result.reason,
        hint=_HINTS.get(result.reason),
        **call.error_fields(),
    )
    return _with_cause(error, result.cause)


def timeout_error(call: Call, seconds: float) -> APITimeoutError:
    """Return the error for an attempt that took longer than its timeout."""
    return APITimeoutError(
        f"{call} took longer than {seconds:g} s at {call.server()} "
        f"(attempt {call.attempts})",
        reason="timeout",
        hint=_HINTS["timeout"],
        **call.error_fields(),
    )


def status_error(call: Call, response: Response) -> APIStatusError:
    """Return the error for a response whose status is not 2xx."""
    content = response.content
    if response.unreadable is not None:
        text = f"HTTP {response.status} with an unreadable body: {response.unreadable}"
        content = text.encode()
    error = error_from(
        response.status,
        response.headers,
        content,
        secrets=call.secrets(),
        expandable=call.expandable,
        **call.error_fields(),
    )
    if response.unreadable is not None:
        error.body = None  # the text above did not come from the server
    return error


def response_error(call: Call, response: Response, reason: str) -> APIResponseError:
    """Return the error for a 2xx response that cannot be used.

    A GET can be repeated. So can a POST, because the API replays the stored response
    for a repeated idempotency key. A DELETE has no such key. JSON of an unexpected
    shape would have the same shape again.
    """
    content_type = response.headers.get("content-type", "no content type")
    content_type = sanitize(content_type, 60, secrets=call.secrets())
    return APIResponseError(
        f"the response to {call} is unusable: {reason} (status {response.status}, "
        f"{content_type}, {len(response.content)} bytes, "
        f"request {response.request_id})",
        status=response.status,
        request_id=response.request_id,
        retryable=response.retryable
        and call.wire.method != "DELETE"
        and not _is_json(response.content),
        **call.error_fields(),
    )


def _is_json(content: bytes) -> bool:
    try:
        parse_json(content)
    except ContentError:
        return False
    return True


def deadline_error(call: Call, deadline: float | None) -> DeadlineExceededError:
    """Return the error for a call that took longer than its deadline."""
    progress = (
        f"in attempt {call.attempts}"
        if call.attempts
        else "before it was sent, while waiting for a free connection or a permit"
    )
    error = DeadlineExceededError(
        f"{call} took longer than its deadline of {deadline or 0:g} s at "
        f"{call.server()}, {progress}{_last_error(call)}",
        request_id=call.last_error.request_id if call.last_error else None,
        reason="deadline",
        hint=_HINTS["deadline"],
        **call.error_fields(),
    )
    return _with_cause(error, call.last_error)


def closed_error(call: Call) -> APIConnectionError | ConfigurationError:
    """Return the error for a call that ended because the client was closed."""
    if not call.attempts:
        return ConfigurationError("the client is closed: create a new one")
    error = APIConnectionError(
        f"the client was closed before {call} ended, in or after attempt "
        f"{call.attempts}{_last_error(call)}",
        request_id=call.last_error.request_id if call.last_error else None,
        reason="closed",
        **call.error_fields(),
    )
    return _with_cause(error, call.last_error)


def _with_cause(error: ErrorT, cause: BaseException | None) -> ErrorT:
    # Assigning None would hide an exception that the caller is handling.
    if cause is not None:
        error.__cause__ = cause
    return error


def _last_error(call: Call) -> str:
    return (
        f"; the previous attempt failed: {call.last_error}" if call.last_error else ""
    )
