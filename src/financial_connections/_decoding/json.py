"""Parse, split and write JSON text without losing numeric precision. Pure."""

import json
import math
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

DECODE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Errors that msgspec raises for text that it cannot decode into the expected type."""

_object_parts: Callable[[bytes], dict[str, msgspec.Raw]] = msgspec.json.Decoder(
    dict[str, msgspec.Raw]
).decode
_array_parts: Callable[[bytes], list[msgspec.Raw]] = msgspec.json.Decoder(
    list[msgspec.Raw]
).decode


class ContentError(ValueError):
    """The content is invalid or unexpected. The message never quotes it."""


class _Number(str):
    """A number, exactly as written in the JSON text."""

    __slots__ = ()


def parse_json(content: bytes) -> Any:
    """Parse JSON text.

    The parser accepts more than the JSON grammar: lone surrogates, a byte order mark,
    `NaN` and `Infinity`. Invalid UTF-8 is replaced with U+FFFD. A number that neither
    `int` nor `float` can represent becomes a `Decimal`. If a key is duplicated, the
    last value wins.

    Args:
        content: The text, in UTF-8.

    Raises:
        ContentError: The content is not valid JSON, or is nested too deeply for Python.
    """
    try:
        return msgspec.json.decode(content)
    except DECODE_ERRORS:
        pass
    return _parse(content, _parse_integer, _parse_float)


def split_object(content: bytes) -> dict[str, bytes]:
    """Return the JSON text of each value in an object.

    Args:
        content: The JSON text of the object.

    Raises:
        ContentError: The content is not a JSON object.
    """
    try:
        return {name: bytes(part) for name, part in _object_parts(content).items()}
    except DECODE_ERRORS:
        pass
    value = _parse(content, _Number, _Number)
    if not isinstance(value, dict):
        raise ContentError("it is not a JSON object")
    return {name: _to_json(part).encode() for name, part in value.items()}


def slice_at(content: bytes, path: tuple[str, ...]) -> bytes:
    """Return the JSON text of a value inside nested objects.

    Args:
        content: The JSON text of the outermost object.
        path: The keys that lead to the value, outermost first.
    """
    for key in path:
        content = split_object(content)[key]
    return content


def split_array(content: bytes) -> list[bytes]:
    """Return the JSON text of each item in an array.

    Args:
        content: The JSON text of the array.

    Raises:
        ContentError: The content is not a JSON array.
    """
    try:
        return [bytes(part) for part in _array_parts(content)]
    except DECODE_ERRORS:
        pass
    value = _parse(content, _Number, _Number)
    if not isinstance(value, list):
        raise ContentError("it is not a JSON array")
    return [_to_json(part).encode() for part in value]


def write_json(value: Any) -> bytes:
    """Serialize a value as JSON text; the inverse of `parse_json`.

    Args:
        value: The value. A `Decimal` is written as a number, and any mapping as an
            object.

    Raises:
        TypeError: The value or part of it cannot be represented in JSON.
        ValueError: The value contains a circular reference, an `int` too large to
            convert to text, or too many nested objects.
    """
    try:
        return _dumps(value).encode()
    except RecursionError:
        pass
    raise ContentError("it is nested too deeply")


def to_strict(value: Any) -> Any:
    """Return a parsed JSON value in a form that any JSON library can write.

    A `Decimal` becomes a string, because other libraries would write an infinite number
    or a billion digits. `NaN` and infinity become None.

    Args:
        value: The value, as returned by `parse_json`.
    """
    match value:
        case Decimal():
            return str(value)
        case float():
            return value if math.isfinite(value) else None
        case list():
            return [to_strict(item) for item in value]
        case dict():
            return {
                replace_surrogates(key): to_strict(item) for key, item in value.items()
            }
        case _:
            return replace_surrogates(value)


def replace_surrogates(value: Any) -> Any:
    """Replace lone surrogates, which cannot be printed or stored, with U+FFFD.

    Args:
        value: The value, as returned by `parse_json`.
    """
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [replace_surrogates(item) for item in value]
        case dict():
            return {
                replace_surrogates(key): replace_surrogates(item)
                for key, item in value.items()
            }
        case _:
            return value


def _parse(
    content: bytes, parse_int: Callable[[str], Any], parse_float: Callable[[str], Any]
) -> Any:
    text = content.decode("utf-8-sig", errors="replace")
    try:
        return json.loads(text, parse_int=parse_int, parse_float=parse_float)
    except RecursionError:
        reason = "the JSON is nested too deeply"
    except ValueError:
        reason = "it is not valid JSON"
    # Raised outside the `except` block because a `JSONDecodeError` in `__context__`
    # would keep the document alive.
    raise ContentError(reason)


def _parse_integer(digits: str) -> int | Decimal:
    try:
        return int(digits)
    except ValueError:  # longer than sys.get_int_max_str_digits()
        return Decimal(digits)


def _parse_float(digits: str) -> float | Decimal:
    number = float(digits)
    if not math.isinf(number):
        return number
    try:
        return Decimal(digits)
    except InvalidOperation:  # an exponent of about twenty digits
        return number


def _dumps(value: Any) -> str:
    try:
        return json.dumps(value)
    except TypeError:
        return _to_json(value)  # slower, but also for `Decimal` and mappings


def _to_json(value: Any) -> str:
    match value:
        case _Number() | Decimal():
            return str(value)
        case Mapping():
            pairs = [f"{_key(key)}: {_to_json(item)}" for key, item in value.items()]
            return "{" + ", ".join(pairs) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_to_json, value)) + "]"
        case _:
            return json.dumps(value)


def _key(key: Any) -> str:
    return json.dumps({key: 0}).removeprefix("{").removesuffix(": 0}")
