"""Headers that callers add to requests, validated before anything is sent. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from financial_connections._checks import header_value
from financial_connections.errors import InvalidArgumentError

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_RESERVED_HEADERS = {
    "accept-encoding": "the client sets it",
    "authorization": "use api_key=",
    "connection": "the client sets it",
    "content-length": "the client sets it",
    "content-type": "the client sets it",
    "host": "use base_url=",
    "idempotency-key": "use idempotency_key=",
    "stripe-account": "use stripe_account=",
    "stripe-context": "use stripe_context=",
    "stripe-version": "use stripe_version=",
    "transfer-encoding": "the client sets it",
}


def is_reserved(header: str) -> bool:
    """Return whether only the client can set a header."""
    return header.lower() in _RESERVED_HEADERS


def headers_from(value: Any) -> dict[str, str]:
    """Return a caller's additional headers.

    Raises:
        InvalidArgumentError: A header cannot be sent, or is reserved for the client.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidArgumentError("headers: must be a mapping")
    for name, text in value.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            raise InvalidArgumentError("headers: a name is not a valid HTTP token")
        if hint := _RESERVED_HEADERS.get(name.lower()):
            raise InvalidArgumentError(f"headers: {name} cannot be set here: {hint}")
        header_value(f"headers: {name}", text)
    return dict(value)
