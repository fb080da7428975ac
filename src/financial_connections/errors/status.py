"""Errors of calls by the status of the response."""

from collections.abc import Mapping
from typing import Any

from financial_connections._redact import flatten, restore, sanitize
from financial_connections._retry import is_retryable_status, retry_after_from
from financial_connections.errors.calls import _CallError
from financial_connections.errors.fields import error_fields, string


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
        fields = error_fields(body)
        self.status = status
        """Status of the response, such as 404."""
        self.headers = dict(headers or {})
        """Headers of the response, with names in lower case and secrets masked."""
        self.body = body
        """Body of the response with secrets masked: parsed JSON, or the start of the
        text if it is not JSON.
        """
        self.type = string(fields.get("type"))
        """`api_error`, `card_error`, `idempotency_error` or `invalid_request_error`."""
        self.code = string(fields.get("code"))
        """Short code to branch on: https://docs.stripe.com/error-codes"""
        self.message = sanitize(
            string(fields.get("message")) or message or "no message"
        )
        """Description of the error on one printable line."""
        self.user_message = sanitize(string(fields.get("user_message")) or "") or None
        """Text on one printable line that you can show to your users."""
        self.param = string(fields.get("param"))
        """Parameter that the error is about, such as `features[0]`."""
        self.doc_url = string(fields.get("doc_url"))
        """URL of Stripe's documentation for the code."""
        self.request_log_url = string(fields.get("request_log_url"))
        """URL of the request in Stripe's dashboard."""
        self.retryable = is_retryable_status(status, self.code, self.headers)
        """True if the same request may succeed later."""
        self.retry_after = retry_after_from(self.headers)
        """Seconds to wait, from the `Retry-After` header."""
        self.replayed = self.headers.get("idempotent-replayed") == "true"
        """True for the stored response to an earlier request with the same idempotency
        key.
        """
        self.hint: str | None = None
        """Advice of this package on how to avoid the error."""
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
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.message} ({', '.join([f'status {self.status}', *shown])}){hint}"


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
    """The object does not exist in this Stripe account and mode: 404."""


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
