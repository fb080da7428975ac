"""Everything that this package raises.

    FinancialConnectionsError
    ├── ConfigurationError(ValueError)         a setting cannot work: nothing was sent
    ├── InvalidArgumentError(ValueError)       an argument cannot be sent
    ├── APIConnectionError(ConnectionError)    no usable answer arrived
    │   ├── APITimeoutError(TimeoutError)      … within `timeout`
    │   └── DeadlineExceededError(TimeoutError)   … within `deadline`
    ├── APIResponseError                       a 2xx response that is unusable
    ├── APIStatusError                         the API refused
    │   ├── InvalidRequestError                400, 402 and other 4xx
    │   │   ├── AccountInactiveError           it has to be linked again
    │   │   ├── AccountDisconnectedError       it can only be linked anew
    │   │   └── IdempotencyError               a key that stands for another call
    │   ├── AuthenticationError                401
    │   ├── PermissionDeniedError              403
    │   ├── NotFoundError                      404
    │   ├── ConflictError                      409
    │   ├── RateLimitError                     429
    │   └── ServerError                        5xx
    ├── CursorExpiredError                     the API does not know a sync's cursor any more
    ├── PaginationError                        a list cannot be followed further
    ├── NotExpandedError(LookupError)          a field holds an id, not the object
    ├── RefreshFailedError                     a refresh ended in `failed`
    ├── RefreshNotAvailableError               a refresh is not possible yet
    └── WebhookSignatureError(ValueError)      a signature is not valid

All of them pickle and copy, and none holds the API key.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from financial_connections._decoding import ContentError, parse_json
from financial_connections._redact import (
    Mask,
    flatten,
    restore,
    sanitize,
    strip_tags,
)
from financial_connections._retry import is_retryable_status, retry_after_from

__all__ = [
    "APIConnectionError",
    "APIResponseError",
    "APIStatusError",
    "APITimeoutError",
    "AccountDisconnectedError",
    "AccountInactiveError",
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
    "WebhookSignatureError",
]


class FinancialConnectionsError(Exception):
    """The root: `except FinancialConnectionsError` catches all that this package
    raises.
    """

    request_id: str | None = None
    """The request's id at Stripe (`req_…`), when an answer carried one."""


class ConfigurationError(FinancialConnectionsError, ValueError):
    """Nothing was sent: a setting of the client is missing or unusable. The text never
    shows its value.
    """


class InvalidArgumentError(FinancialConnectionsError, ValueError):
    """Nothing was sent: an argument cannot be put on the wire. The text names its key."""


class _CallError(FinancialConnectionsError):
    """A call that was sent, and failed."""

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
        """Number of times that the request was sent."""
        self.idempotency_key = idempotency_key
        """The key of a POST: repeat the call with it to make sure that it takes effect
        once. None for a GET.
        """


class APIConnectionError(_CallError, ConnectionError):
    """No usable answer arrived: connecting, sending or receiving failed.

    A POST may have taken effect; repeat it with the same `idempotency_key`.
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
        """True if the same request may succeed later; False for a certificate that does
        not verify.
        """
        self.reason = reason
        """
        The cause in one word, to branch on or to count by.

        One of `dns`, `refused`, `tls`, `proxy`, `reset`, `protocol`, `network`,
        `timeout`, `deadline` and `closed` (the client was closed), or None. """


class APITimeoutError(APIConnectionError, TimeoutError):
    """An attempt took longer than `timeout`, and no retry was left."""


class DeadlineExceededError(APIConnectionError, TimeoutError):
    """The call as a whole, attempts and waiting, took longer than `deadline`."""

    account: Any = None
    """The account as last seen, where `refresh_and_wait` or `wait_for_refresh` took too
    long.
    """


class APIResponseError(_CallError):
    """A 2xx response that is not a JSON object, or is a list without data. A POST has
    taken effect.
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
    """The API refused; the fields are those of Stripe's error object.

    Any of them but `status` can be None: a proxy's error page has none. Source:
    https://docs.stripe.com/api/errors
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
        """Take the parts of a response; `error_from` does so for any response."""
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
        """A short code to branch on: https://docs.stripe.com/error-codes"""
        self.message = sanitize(_text(fields.get("message")) or message or "no message")
        """What went wrong, for people: one printable line."""
        self.param = _text(fields.get("param"))
        """The parameter at fault, such as `features[0]`."""
        self.doc_url = _text(fields.get("doc_url"))
        """Where Stripe explains the code."""
        self.request_log_url = _text(fields.get("request_log_url"))
        """Where Stripe's dashboard shows the request."""
        self.retryable = is_retryable_status(status, self.code, self.headers)
        """True if the same request may succeed later."""
        self.retry_after = retry_after_from(self.headers)
        """Seconds that the server asked to wait."""
        self.replayed = self.headers.get("idempotent-replayed") == "true"
        """True for the stored response to an earlier request with the same idempotency
        key.
        """
        super().__init__(self.message, **call)

    def __reduce__(self) -> tuple[Any, ...]:
        reduced: Any = super().__reduce__()
        error_class, args, state = reduced
        # Flat, because `pickle` and `copy.deepcopy` cannot follow a body that is nested
        # deeply.
        return error_class, args, {**state, "body": flatten(state["body"])}

    def __setstate__(self, state: dict[str, Any] | None) -> None:
        super().__setstate__({**(state or {}), "body": restore((state or {})["body"])})

    def __str__(self) -> str:
        facts = {"code": self.code, "param": self.param, "request": self.request_id}
        told = [
            f"status {self.status}",
            *(f"{name} {sanitize(v, 100)}" for name, v in facts.items() if v),
        ]
        return f"{self.message} ({', '.join(told)})"


class InvalidRequestError(APIStatusError):
    """The request is wrong, and will stay so: 400, 402 and other 4xx."""


class AccountInactiveError(InvalidRequestError):
    """The account is inactive at its institution: its holder has to link it again."""


class AccountDisconnectedError(InvalidRequestError):
    """The account was disconnected, for good: its holder can only link it anew."""


class IdempotencyError(InvalidRequestError):
    """The idempotency key was used before, with other parameters."""


class AuthenticationError(APIStatusError):
    """401: the API key is missing, wrong, or revoked."""


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this."""


class NotFoundError(APIStatusError):
    """404: there is no such object in this account and mode."""


class ConflictError(APIStatusError):
    """409: another request works on the same object, or with the same idempotency key."""


class RateLimitError(APIStatusError):
    """429: too many requests."""

    @property
    def rate_limit_reason(self) -> str | None:
        """Which limit it was, such as `global-rate`:
        https://docs.stripe.com/rate-limits
        """
        return self.headers.get("stripe-rate-limited-reason")


class ServerError(APIStatusError):
    """5xx: something went wrong at Stripe, or on the way."""


class CursorExpiredError(FinancialConnectionsError):
    """The API does not know the refresh that a cursor starts from, so nobody can tell
    what has changed since.

    Sync the account again with `cursor=None`, which reads all of its transactions, and
    store them over the old ones.
    """


class PaginationError(FinancialConnectionsError):
    """A list says that it has more, and gives no cursor that leads on."""


class NotExpandedError(FinancialConnectionsError, LookupError):
    """A field holds an id where its object was asked for; the text names the `expand=`
    to add.
    """


class RefreshFailedError(FinancialConnectionsError):
    """A refresh ended in `failed`; `features` are those that did."""

    def __init__(self, message: str, *, features: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.features = tuple(features)
        """Those that failed, such as `balance`."""


class RefreshNotAvailableError(FinancialConnectionsError):
    """A refresh is not possible before `available_at` (seconds since the epoch)."""

    def __init__(self, message: str, *, available_at: int | None = None) -> None:
        super().__init__(message)
        self.available_at = available_at
        """When it is possible again, in seconds since the epoch."""


class WebhookSignatureError(FinancialConnectionsError, ValueError):
    """A webhook's payload was not signed with any of the given secrets, or too long
    ago.
    """


_LARGEST_BODY = 1024 * 1024
"""Bytes of a body that is parsed. A larger one is not an error of Stripe's."""
_LONGEST_TEXT = 20_000

_BY_TYPE = {"idempotency_error": IdempotencyError}
_BY_CODE = {"financial_connections_account_inactive": AccountInactiveError}
_BY_STATUS = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitError,
}


def error_from(
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    *,
    secrets: Sequence[str] = (),
    **call: Any,
) -> APIStatusError:
    """Return the error for a response whose status is not 2xx.

    Args:
        status: Status of the response.
        headers: Headers of the response, with names in lower case.
        content: Body of the response.
        secrets: Values that were sent and must not appear in the error, such as the API key.
        **call: `attempts` and `idempotency_key` of the call.

    """
    mask = Mask(secrets)
    body, text = _body_from(content, mask)
    fields = _error_fields(body)
    error_class = _class_of(
        status, _text(fields.get("type")), _text(fields.get("code"))
    )
    headers = {mask(name): mask(value) for name, value in headers.items()}
    request_id = headers.get("request-id")
    return error_class(
        text or f"HTTP {status}",
        status=status,
        headers=headers,
        body=mask.value(body) if text is None else body,
        request_id=sanitize(request_id, 100) if request_id else None,
        **call,
    )


def _body_from(content: bytes, mask: Mask) -> tuple[Any, str | None]:
    """Return the parsed body; if it is not JSON, the start of it, masked, and the text
    to show of it.
    """
    if len(content) <= _LARGEST_BODY:
        try:
            return parse_json(content), None
        except ContentError:
            pass
    body = mask.start_of(
        content[:_LARGEST_BODY].decode("utf-8", "replace"), _LONGEST_TEXT
    )
    return body, strip_tags(body).strip()


def _class_of(
    status: int, error_type: str | None, code: str | None
) -> type[APIStatusError]:
    return (
        _BY_TYPE.get(error_type or "")
        or _BY_CODE.get(code or "")
        or _BY_STATUS.get(status)
        or (InvalidRequestError if 400 <= status < 500 else None)  # noqa: PLR2004
        or (ServerError if status >= 500 else APIStatusError)  # noqa: PLR2004
    )


def _error_fields(body: Any) -> Mapping[str, Any]:
    """Return the error object of a body, whatever shape the body has."""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        return error
    if isinstance(error, str):  # as OAuth endpoints and proxies write it
        return {"message": error}
    return {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
