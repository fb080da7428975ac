"""Fields of Stripe's error objects, which may have any shape."""

from collections.abc import Mapping
from typing import Any


def error_fields(body: Any) -> Mapping[str, Any]:
    """Return Stripe's error object from a parsed body of any shape."""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        return error
    if isinstance(error, str):  # sent by OAuth endpoints and proxies
        return {"message": error}
    return {}


def string(value: Any) -> str | None:
    """Return a string, or None instead of any other value."""
    return value if isinstance(value, str) else None
