"""Requests and responses, independent of any web framework."""

from collections.abc import Mapping
from typing import Any

import msgspec
from attrs import frozen


@frozen(kw_only=True)
class Request:
    """A request. `path` is still percent-encoded; header names are in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str]
    body: bytes = b""


@frozen
class Response:
    """A complete response."""

    status: int
    headers: dict[str, str]
    body: bytes


def json_bytes(value: Any) -> bytes:
    """Encode `value` as JSON indented by two spaces, like Stripe's responses."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
