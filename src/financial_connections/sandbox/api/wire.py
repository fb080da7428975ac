"""What crosses the wire, free of any framework."""

from collections.abc import Mapping
from typing import Any

import msgspec
from attrs import frozen


@frozen(kw_only=True)
class Call:
    """A request: `path` still percent-encoded, header names in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str]
    body: bytes = b""


@frozen
class Answer:
    """A response, whole."""

    status: int
    headers: dict[str, str]
    body: bytes


def json_bytes(value: Any) -> bytes:
    """Return `value` as JSON with an indent of two, as Stripe writes it."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
