"""Errors raised by this package.

    FinancialConnectionsError
    ├── ConfigurationError(ValueError)        a setting is missing or invalid
    ├── InvalidArgumentError(ValueError)      an argument cannot be sent
    ├── APIConnectionError(ConnectionError)   no response was received
    │   ├── APITimeoutError(TimeoutError)         … within `timeout`
    │   └── DeadlineExceededError(TimeoutError)   … within `deadline`
    ├── APIResponseError                      a 2xx response cannot be used
    ├── APIStatusError                        the status of the response is not 2xx
    │   ├── InvalidRequestError               400, 402 and other 4xx
    │   │   ├── AccountInactiveError          the account must be linked again
    │   │   ├── AccountDisconnectedError      the account was disconnected for good
    │   │   ├── AccountNumbersPendingError    the account numbers are not available yet
    │   │   ├── AccountNumbersUnavailableError    the account has no account numbers
    │   │   ├── TransactionsNotRefreshedError     no refresh has succeeded yet
    │   │   └── IdempotencyError              the idempotency key was used before
    │   ├── AuthenticationError               401
    │   ├── PermissionDeniedError             403
    │   ├── NotFoundError                     404
    │   ├── ConflictError                     409
    │   ├── RateLimitError                    429
    │   └── ServerError                       5xx
    ├── CursorExpiredError                    the API no longer recognizes a cursor
    ├── PaginationError                       the next page of a list cannot be found
    ├── NotExpandedError(LookupError)         a field holds an ID, not the object
    ├── RefreshFailedError                    a refresh failed
    ├── RefreshNotAvailableError              a refresh is not possible yet
    └── WebhookSignatureError(ValueError)     a webhook signature is invalid

All errors can be pickled and copied, and none of them contains the API key.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from financial_connections._redact import flatten, restore, sanitize
from financial_connections._retry import is_retryable_status, retry_after_from

__all__ = [
    "APIConnectionError",
    "APIResponseError",
    "APIStatusError",
    "APITimeoutError",
    "AccountDisconnectedError",
    "AccountInactiveError",
    "AccountNumbersPendingError",
    "AccountNumbersUnavailableError",
    "AuthenticationError",
    "ConfigurationError",
    "ConflictError",
    "CursorExpiredError",
    "DeadlineExceededError",
    "FinancialConnectionsError",
    "IdempotencyError",
    "InvalidArgumentError",
    "InvalidRequestError",
    "NotExpandedError",
    "NotFoundError",
    "PaginationError",
    "PermissionDeniedError",
    "RateLimitError",
    "RefreshFailedError",
    "RefreshNotAvailableError",
    "ServerError",
    "TransactionsNotRefreshedError",
    "WebhookSignatureError",
    "WebhookVersionError",
]


class FinancialConnectionsError(Exception):
    """Base class of all errors raised by this package."""

    request_id: str | None = None
    """Stripe's ID of the request (`req_…`); None if there was no response."""


class ConfigurationError(FinancialConnectionsError, ValueError):
    """A setting is missing or invalid, so nothing was sent.

    The message does not contain the value.
    """


class InvalidArgumentError(FinancialConnectionsError, ValueError):
    """An argument cannot be sent, so nothing was sent.

    The message names the argument, but does not contain its value.
    """


class _CallError(FinancialConnectionsError):
    """A call failed after it had been sent."""

    def __init__(
        self,
        message: str,
        *,
        request_id: str | None = None,
        attempts: int = 1,
        idempotency_key: str | None = None,
    ) -> None:
        super().__init__(message)
        self.request_id = request_id
        self.attempts = attempts
        """Number of times the request was sent."""
        self.idempotency_key = idempotency_key
        """Idempotency key of a POST, or None for a GET. Repeat the call with this key
        to make sure that it takes effect only once.
        """


class APIConnectionError(_CallError, ConnectionError):
    """No response was received, because connecting, sending or receiving failed.

    A POST may have taken effect. Repeat it with the same `idempotency_key`. `__cause__`
    is the error of the operating system or TLS library, if there is one.

    Args:
        message: Description of the failure.
        retryable: Whether the same request may succeed later.
        reason: Cause in one word.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool = True,
        reason: str | None = None,
        **call: Any,
    ) -> None:
        super().__init__(message, **call)
        self.retryable = retryable
        """True if the same request may succeed later. False, for example, if the
        server's certificate is invalid.
        """
        self.reason = reason
        """Cause in one word: `dns`, `refused`, `tls`, `proxy`, `reset`, `protocol`,
        `network`, `timeout`, `deadline`, or `closed` if the client was closed; or None.
        """


class APITimeoutError(APIConnectionError, TimeoutError):
    """The last attempt took longer than `timeout`."""


class DeadlineExceededError(APIConnectionError, TimeoutError):
    """The call took longer than `deadline`, including retries and waits."""

    account: Any = None
    """The account as last seen, set by `refresh_and_wait` and `wait_for_refresh`."""


class APIResponseError(_CallError):
    """A 2xx response is not a JSON object, or is a list without data.

    If the request was a POST, it has taken effect.

    Args:
        message: Description of the failure.
        status: Status of the response, 200 to 299.
        retryable: Whether the same request may get a usable response later.
    """

    def __init__(
        self, message: str, *, status: int = 200, retryable: bool = True, **call: Any
    ) -> None:
        super().__init__(message, **call)
        self.status = status
        """Status of the response, 200 to 299."""
        self.retryable = retryable
        """True if the same request, or a POST with the same `idempotency_key`, may get
        a usable response later.
        """


class APIStatusError(_CallError):
    """The status of the response is not 2xx.

    The attributes are those of Stripe's error object. All of them except `status` can
    be None, for example for a proxy's error page.

    Args:
        message: Description of the failure, used if `body` has none.
        status: Status of the response.
        headers: Headers of the response, with names in lower case.
        body: Parsed body of the response.

    Source: https://docs.stripe.com/api/errors
    """

    def __init__(
        self,
        message: str | None = None,
        *,
        status: int = 0,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        **call: Any,
    ) -> None:
        fields = _error_fields(body)
        self.status = status
        """Status of the response, such as 404."""
        self.headers = dict(headers or {})
        """Headers of the response, with names in lower case and secrets masked."""
        self.body = body
        """Body of the response with secrets masked: parsed JSON, or the start of the
        text if it is not JSON.
        """
        self.type = _text(fields.get("type"))
        """`api_error`, `card_error`, `idempotency_error` or `invalid_request_error`."""
        self.code = _text(fields.get("code"))
        """Short code to branch on: https://docs.stripe.com/error-codes"""
        self.message = sanitize(_text(fields.get("message")) or message or "no message")
        """Description of the error on one printable line."""
        self.user_message = sanitize(_text(fields.get("user_message")) or "") or None
        """Text on one printable line that you can show to your users."""
        self.param = _text(fields.get("param"))
        """Parameter that the error is about, such as `features[0]`."""
        self.doc_url = _text(fields.get("doc_url"))
        """URL of Stripe's documentation for the code."""
        self.request_log_url = _text(fields.get("request_log_url"))
        """URL of the request in Stripe's dashboard."""
        self.retryable = is_retryable_status(status, self.code, self.headers)
        """True if the same request may succeed later."""
        self.retry_after = retry_after_from(self.headers)
        """Seconds to wait, from the `Retry-After` header."""
        self.replayed = self.headers.get("idempotent-replayed") == "true"
        """True for the stored response to an earlier request with the same idempotency
        key.
        """
        super().__init__(self.message, **call)

    def __reduce__(self) -> tuple[Any, ...]:
        reduced: Any = super().__reduce__()
        error_class, args, state = reduced
        # `pickle` and `copy.deepcopy` are recursive, and fail on deeply nested bodies.
        return error_class, args, {**state, "body": flatten(state["body"])}

    def __setstate__(self, state: dict[str, Any] | None) -> None:
        super().__setstate__({**(state or {}), "body": restore((state or {})["body"])})

    def __str__(self) -> str:
        details = {"code": self.code, "param": self.param, "request": self.request_id}
        shown = [f"{name} {sanitize(v, 100)}" for name, v in details.items() if v]
        return f"{self.message} ({', '.join([f'status {self.status}', *shown])})"


class InvalidRequestError(APIStatusError):
    """The request is invalid, so retrying it does not help: 400, 402, other 4xx."""


class AccountInactiveError(InvalidRequestError):
    """The account is inactive at its institution; its holder must link it again."""


class AccountDisconnectedError(InvalidRequestError):
    """The account was disconnected for good; its holder would have to link it again."""


class AccountNumbersPendingError(InvalidRequestError):
    """The account numbers, which payments need, are not available yet.

    Repeat the request after the event `AccountNumbersUpdated`.
    """


class AccountNumbersUnavailableError(InvalidRequestError):
    """The institution does not provide account numbers, which payments need.

    The account holder has to link another account or pay in another way.
    """


class TransactionsNotRefreshedError(InvalidRequestError):
    """No refresh of the account's transactions has succeeded; refresh them first."""


class IdempotencyError(InvalidRequestError):
    """The idempotency key was used before with different parameters."""


class AuthenticationError(APIStatusError):
    """The API key is missing, wrong or revoked: 401."""


class PermissionDeniedError(APIStatusError):
    """The API key does not have the permission for this request: 403."""


class NotFoundError(APIStatusError):
    """There is no such object in this Stripe account and mode: 404."""


class ConflictError(APIStatusError):
    """Another request is using the same object or idempotency key: 409."""


class RateLimitError(APIStatusError):
    """Too many requests were sent: 429."""

    @property
    def rate_limit_reason(self) -> str | None:
        """Limit that was exceeded, such as `global-rate`.

        Source: https://docs.stripe.com/rate-limits
        """
        return self.headers.get("stripe-rate-limited-reason")


class ServerError(APIStatusError):
    """Stripe, or a server in between, failed to process the request: 5xx."""


class CursorExpiredError(FinancialConnectionsError):
    """The API no longer has the starting point of a sync or a catch-up.

    For a sync, this is the refresh in its cursor, and the changes since then cannot be
    determined. Sync the account again with `cursor=None`, which reads all of its
    transactions, and overwrite the stored ones. For `WebhookEndpoint.catch_up`, it is
    the event `after`. Catch up from a time instead, with `created=`.
    """


class PaginationError(FinancialConnectionsError):
    """A list has more items, but no usable cursor for the next page."""


class NotExpandedError(FinancialConnectionsError, LookupError):
    """A field holds an ID instead of the object.

    The message says which `expand=` value to add.
    """


class RefreshFailedError(FinancialConnectionsError):
    """A refresh failed.

    Args:
        message: Description of the failure.
        features: Features whose refresh failed.
    """

    def __init__(self, message: str, *, features: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.features = tuple(features)
        """Features whose refresh failed, such as `balance`."""


class RefreshNotAvailableError(FinancialConnectionsError):
    """A refresh is not possible yet.

    Args:
        message: Description of the failure.
        available_at: Earliest time at which a refresh is possible, in seconds since the
            epoch.
    """

    def __init__(self, message: str, *, available_at: int | None = None) -> None:
        super().__init__(message)
        self.available_at = available_at
        """Earliest time at which a refresh is possible, in seconds since the epoch;
        None if the API did not return it.
        """


class WebhookSignatureError(FinancialConnectionsError, ValueError):
    """A webhook has no recent signature made with one of the given secrets."""


class WebhookVersionError(FinancialConnectionsError, ValueError):
    """A snapshot event has an API version that does not match that of the models.

    It is raised only if you pass `on_version_mismatch="raise"`.

    Args:
        message: Description of the error.
        api_version: API version of the event.
    """

    def __init__(self, message: str, *, api_version: str | None = None) -> None:
        super().__init__(message)
        self.api_version = api_version
        """API version of the event."""


def _error_fields(body: Any) -> Mapping[str, Any]:
    """Return Stripe's error object from a parsed body of any shape."""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        return error
    if isinstance(error, str):  # sent by OAuth endpoints and proxies
        return {"message": error}
    return {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
