"""Build errors from responses."""

from collections.abc import Mapping, Sequence
from typing import Any

from financial_connections._decoding import ContentError, parse_json
from financial_connections._redact import Mask, sanitize, strip_tags
from financial_connections.errors import (
    AccountInactiveError,
    AccountNumbersPendingError,
    AccountNumbersUnavailableError,
    APIStatusError,
    AuthenticationError,
    ConflictError,
    IdempotencyError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    TransactionsNotRefreshedError,
)
from financial_connections.errors.fields import error_fields, string

_MAX_JSON_BYTES = 1024 * 1024
"""Larger bodies are not parsed, because Stripe's errors are small."""
_MAX_TEXT_LENGTH = 20_000

_BY_TYPE = {"idempotency_error": IdempotencyError}
_BY_CODE: dict[str, type[APIStatusError]] = {
    f"financial_connections_{code}": error_class
    for code, error_class in {
        "account_inactive": AccountInactiveError,
        "account_pending_account_numbers": AccountNumbersPendingError,
        "account_unavailable_account_numbers": AccountNumbersUnavailableError,
        "no_successful_transaction_refresh": TransactionsNotRefreshedError,
    }.items()
}
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
    expandable: Sequence[str] | None = None,
    **call: Any,
) -> APIStatusError:
    """Return the error for a response whose status is not 2xx.

    Args:
        status: Status of the response.
        headers: Headers of the response, with names in lower case.
        content: Body of the response.
        secrets: Values to mask in the error, such as the API key that was sent.
        expandable: Paths that can be expanded; None if nothing was to be expanded.
        **call: The attributes `attempts` and `idempotency_key`.
    """
    mask = Mask(secrets)
    body, text = _body_from(content, mask)
    fields = error_fields(body)
    error_class = _class_of(
        status, string(fields.get("type")), string(fields.get("code"))
    )
    headers = {mask(name): mask(value) for name, value in headers.items()}
    request_id = headers.get("request-id")
    error = error_class(
        text or f"HTTP {status}",
        status=status,
        headers=headers,
        body=mask.value(body) if text is None else body,
        request_id=sanitize(request_id, 100) if request_id else None,
        **call,
    )
    if expandable is not None:
        error.hint = _expansion_hint(error, expandable)
    return error


def _expansion_hint(error: APIStatusError, paths: Sequence[str]) -> str | None:
    """Return a hint if the API rejected a path in `expand`, which only texts reveal."""
    about = f"{error.param or ''} {error.message}".lower()
    if not isinstance(error, InvalidRequestError) or "expand" not in about:
        return None
    if not paths:
        return "nothing can be expanded in this response"
    return f"expand may contain {', '.join(map(repr, paths))}"


def _body_from(content: bytes, mask: Mask) -> tuple[Any, str | None]:
    """Return the parsed body, or the start of its text and a message based on it."""
    if len(content) <= _MAX_JSON_BYTES:
        try:
            return parse_json(content), None
        except ContentError:
            pass
    body = mask.start_of(
        content[:_MAX_JSON_BYTES].decode("utf-8", "replace"), _MAX_TEXT_LENGTH
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
