"""Parse, split and write JSON text, whatever its numbers are. Pure."""

import json
import math
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

REFUSALS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Raised by msgspec for text that is not of the expected form."""

_object_parts: Callable[[bytes], dict[str, msgspec.Raw]] = msgspec.json.Decoder(
    dict[str, msgspec.Raw]
).decode
_array_parts: Callable[[bytes], list[msgspec.Raw]] = msgspec.json.Decoder(
    list[msgspec.Raw]
).decode


class ContentError(ValueError):
    """The content is not what was promised. The message says why and quotes nothing."""


class _Literal(str):
    """A number as it was written."""

    __slots__ = ()


def parse_json(content: bytes) -> Any:
    """Return the value of a JSON text.

    Accepts more than the grammar allows: lone surrogates, a byte order mark, `NaN` and
    `Infinity`. Invalid UTF-8 is replaced by U+FFFD. A number that neither `int` nor
    `float` can hold is a `Decimal`. The last one of duplicate keys counts.

    Raises:
        ContentError: The content is not JSON, or is nested more deeply than Python can follow.

    """
    try:
        return msgspec.json.decode(content)
    except REFUSALS:
        pass  # outside of `except`, an error does not carry the one before, which holds the document
    return _parse(content, _integer, _float)


def split_object(content: bytes) -> dict[str, bytes]:
    """Return the JSON text of each value of an object.

    Raises:
        ContentError: The content is not a JSON object.

    """
    try:
        return {name: bytes(part) for name, part in _object_parts(content).items()}
    except REFUSALS:
        pass
    value = _parse(content, _Literal, _Literal)
    if not isinstance(value, dict):
        raise ContentError("it is JSON, but not an object")
    return {name: _text(part).encode() for name, part in value.items()}


def slice_at(content: bytes, path: tuple[str, ...]) -> bytes:
    """Return the JSON text at the end of a path of keys."""
    for key in path:
        content = split_object(content)[key]
    return content


def split_array(content: bytes) -> list[bytes]:
    """Return the JSON text of each entry of an array.

    Raises:
        ContentError: The content is not a JSON array.

    """
    try:
        return [bytes(part) for part in _array_parts(content)]
    except REFUSALS:
        pass
    value = _parse(content, _Literal, _Literal)
    if not isinstance(value, list):
        raise ContentError("it is JSON, but not an array")
    return [_text(part).encode() for part in value]


def write_json(value: Any) -> bytes:
    """Return the JSON text of a value: the inverse of `parse_json`.

    Raises:
        TypeError: The value, or a part of it, has no counterpart in JSON.
        ValueError: The value contains itself, or an `int` that is too long to print.

    """
    try:
        return json.dumps(value).encode()
    except TypeError:
        return _text(value).encode()  # slower, but writes a `Decimal`


def _parse(
    content: bytes, parse_int: Callable[[str], Any], parse_float: Callable[[str], Any]
) -> Any:
    text = content.decode("utf-8-sig", errors="replace")
    try:
        return json.loads(text, parse_int=parse_int, parse_float=parse_float)
    # `from None`: a parser's own error carries the whole document.
    except RecursionError:
        raise ContentError("the JSON is nested too deeply") from None
    except ValueError:
        raise ContentError("it is not JSON") from None


def _integer(digits: str) -> int | Decimal:
    try:
        return int(digits)
    except ValueError:  # longer than sys.get_int_max_str_digits()
        return Decimal(digits)


def _float(digits: str) -> float | Decimal:
    number = float(digits)
    if not math.isinf(number):
        return number
    try:
        return Decimal(digits)
    except InvalidOperation:  # an exponent of some twenty digits
        return number


def _text(value: Any) -> str:
    match value:
        case _Literal() | Decimal():
            return str(value)
        case dict():
            return (
                "{"
                + ", ".join(
                    f"{_key(key)}: {_text(item)}" for key, item in value.items()
                )
                + "}"
            )
        case list() | tuple():
            return "[" + ", ".join(map(_text, value)) + "]"
        case _:
            return json.dumps(value)


def _key(key: Any) -> str:
    return json.dumps({key: 0}).removeprefix("{").removesuffix(": 0}")
