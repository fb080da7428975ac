"""Encode parameters and paths for URLs and forms. Pure.

Queries and forms have the same encoding: `{"features": ["balance"]}` becomes
`features[0]=balance`, and `{"account_holder": {"customer": "cus_1"}}` becomes
`account_holder[customer]=cus_1`, with percent-encoded brackets. Arguments that cannot
be sent raise an `InvalidArgumentError` that names the key but contains no value.
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from urllib.parse import quote, quote_plus

from financial_connections.errors import InvalidArgumentError

_MAX_DEPTH = 20
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PLAIN = re.compile(r"[A-Za-z0-9_]+")
"""Path segments that need no encoding, which is nearly all of them."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def encode_params(
    params: Mapping[str, object],
    *,
    arrays: Collection[str] = (),
    required: Collection[str] = (),
    clearable: Collection[str] = (),
    free_text: bool = False,
) -> str:
    """Encode parameters as a query or form string.

    Args:
        params: Parameters by wire name. None values are omitted.
        arrays: Keys that hold a sequence, such as `filters[account_subcategories]`.
        required: Keys that must be present and not empty.
        clearable: Keys in `required` that accept an empty string.
        free_text: Whether values may contain control characters, which no parameter in
            the contract allows.

    Raises:
        InvalidArgumentError: A parameter is missing or cannot be sent.
    """
    if not isinstance(params, Mapping):
        raise InvalidArgumentError(
            f"params must be a mapping, not {type(params).__name__}"
        )
    _check_required(params, required, clearable)
    pairs: list[tuple[str, str]] = []
    for key, value in params.items():
        if value is not None:
            pairs.extend(_pairs(_encodable_key(key), value, arrays))
    for key, text in pairs:
        if not free_text and _CONTROL.search(text):
            raise InvalidArgumentError(f"{key} must not contain a control character")
    return "&".join(f"{quote_plus(key)}={quote_plus(text)}" for key, text in pairs)


def encode_path(path: str, ids: Mapping[str, str] | None = None) -> str:
    """Encode a path, percent-encoding each of its segments.

    Args:
        path: Path, starting with a slash.
        ids: Values for the placeholders of the path, such as `{account}`. Without them,
            braces are ordinary characters.

    Raises:
        InvalidArgumentError: An ID or a segment cannot be sent.
    """
    if not ids:
        return "".join("/" + _segment(segment) for segment in path[1:].split("/"))
    parts = _template_parts(path)
    return "".join(
        _segment(ids[part]) if is_placeholder else part
        for part, is_placeholder in parts
    )


@lru_cache
def _template_parts(path: str) -> tuple[tuple[str, bool], ...]:
    """Split a path into encoded constant parts and names of placeholders."""
    parts = _PLACEHOLDER.split(path)
    return tuple(
        (part, True) if index % 2 else (quote(part), False)
        for index, part in enumerate(parts)
    )


def _segment(segment: object) -> str:
    if not isinstance(segment, str):
        raise InvalidArgumentError(
            f"an ID must be a string, not {type(segment).__name__}"
        )
    if _PLAIN.fullmatch(segment):
        return segment
    # httpx resolves dot segments, so an ID of ".." would reach another endpoint.
    if segment in {"", ".", ".."}:
        raise InvalidArgumentError(f"an ID must not be {segment!r}")
    if segment.isspace():
        raise InvalidArgumentError("an ID must not consist of whitespace")
    if _CONTROL.search(segment):
        raise InvalidArgumentError("an ID must not contain a control character")
    return quote(_encodable("an ID", segment), safe="")


def _check_required(
    params: Mapping[str, object],
    required: Collection[str],
    clearable: Collection[str],
) -> None:
    for path in required:
        *parents, name = path.replace("]", "").split("[")
        holder: object = params
        for parent in parents:
            holder = holder.get(parent) if isinstance(holder, Mapping) else None
        # A nested key is required only if the object that contains it is sent.
        value = holder.get(name) if isinstance(holder, Mapping) else ...
        if value is None:
            raise InvalidArgumentError(f"{path} is required")
        is_cleared = path in clearable and value == ""
        if isinstance(value, Sequence | Mapping) and not value and not is_cleared:
            raise InvalidArgumentError(f"{path} must not be empty")


def _pairs(
    key: str, value: object, arrays: Collection[str]
) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if key.count("[") > _MAX_DEPTH:
        raise InvalidArgumentError(f"{key[:100]} is nested too deeply")
    is_sequence = isinstance(value, Sequence) and not isinstance(
        value, str | bytes | bytearray | memoryview
    )
    if key in arrays and not is_sequence:
        raise InvalidArgumentError(
            f"{key} must be a list or tuple, not {type(value).__name__}: "
            f"write {key}=[…]"
        )
    if isinstance(value, Mapping):
        # An empty filter, such as {"customer": None}, would list everything.
        if all(item is None for item in value.values()):
            raise InvalidArgumentError(
                f"{key} must not be empty: leave it out or give it a value"
            )
        for name, item in value.items():
            yield from _pairs(
                f"{key}[{_encodable_key(name, nested_in=key)}]", item, arrays
            )
    elif is_sequence:
        for index, item in enumerate(value):  # type: ignore[arg-type]
            if item is None:
                raise InvalidArgumentError(f"{key}[{index}] is None")
            yield from _pairs(f"{key}[{index}]", item, arrays)
    else:
        yield key, _scalar(key, value)


def _encodable_key(key: object, *, nested_in: str = "") -> str:
    if (
        not isinstance(key, str)
        or not key
        or (nested_in and ("[" in key or "]" in key))
    ):
        location = f"in {nested_in}" if nested_in else "of a parameter"
        raise InvalidArgumentError(
            f"a key {location} must be a non-empty string without brackets"
        )
    return _encodable(f"a key of {nested_in or 'a parameter'}", key)


def _scalar(key: str, value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _encodable(key, str.__str__(value))  # also for enum members
        case int():
            return _digits(key, value)
        case float() if math.isfinite(value):
            return repr(value)
        case Decimal() if value.is_finite():
            return format(value, "f")
        case datetime():
            return _unix_seconds(key, value)
        case _:
            raise InvalidArgumentError(f"{key}: {_description(value)} cannot be sent")


def _digits(key: str, value: int) -> str:
    try:
        return str(int(value))
    except ValueError:  # longer than sys.get_int_max_str_digits()
        raise InvalidArgumentError(f"{key}: the number is too long") from None


def _unix_seconds(key: str, value: datetime) -> str:
    if value.utcoffset() is None:
        raise InvalidArgumentError(
            f"{key}: a datetime needs a time zone, for example datetime.now(UTC), "
            "because its meaning would otherwise depend on the machine"
        )
    return str(math.floor(value.timestamp()))


def _description(value: object) -> str:
    if isinstance(value, float | Decimal):
        return "a number that is not finite"
    return f"a value of type {type(value).__name__}"


def _encodable(name: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidArgumentError(
            f"{name} contains a lone surrogate, which UTF-8 cannot encode"
        ) from None
    return text
