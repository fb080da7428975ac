"""Parameters → the wire. Pure.

One encoder for queries and forms: `{"features": ["balance"]}` → `features[0]=balance`,
`{"account_holder": {"customer": "cus_1"}}` → `account_holder[customer]=cus_1` (brackets
percent-encoded). Whatever cannot be sent is an `InvalidArgumentError` that names its
key and shows no value.
"""

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote, quote_plus

from financial_connections.errors import InvalidArgumentError

_DEEPEST = 20
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PLAIN = re.compile(r"[A-Za-z0-9_]+")
"""What goes into a path as it is: nearly every segment."""


def encode_params(
    params: Mapping[str, object],
    *,
    arrays: Collection[str] = (),
    required: Collection[str] = (),
    free_text: bool = False,
) -> str:
    """Return `params` as a query or form string. `arrays` and `required` are keys such
    as `filters[countries]`.

    Control characters are refused unless values are `free_text`: no parameter of the
    contract may hold one.
    """
    if not isinstance(params, Mapping):
        raise InvalidArgumentError(
            f"params must be a mapping, not {type(params).__name__}"
        )
    _require(params, required)
    pairs: list[tuple[str, str]] = []
    for key, value in params.items():
        pairs.extend(_pairs(_checked_key(key), value, arrays))
    for key, text in pairs:
        if not free_text and _CONTROL.search(text):
            raise InvalidArgumentError(f"{key} must not hold a control character")
    return "&".join(f"{quote_plus(key)}={quote_plus(text)}" for key, text in pairs)


def encode_path(path: str, ids: Mapping[str, str] | None = None) -> str:
    """Return `path` as a URL path, with every segment percent-encoded.

    Args:
        path: The path, which starts with a slash.
        ids: Replace the placeholders of `path`, such as `{account}`. Without them,
            braces are ordinary characters.
    """
    segments: Iterable[str] = path[1:].split("/")
    if ids:
        segments = (
            ids[segment[1:-1]] if segment[:1] == "{" else segment
            for segment in segments
        )
    return "".join("/" + _segment(segment) for segment in segments)


def _segment(segment: object) -> str:
    if not isinstance(segment, str):
        raise InvalidArgumentError(
            f"an id must be a string, not {type(segment).__name__}"
        )
    if _PLAIN.fullmatch(segment):
        return segment
    # httpx resolves dot segments, so an id of ".." would reach another endpoint.
    if segment in {"", ".", ".."}:
        raise InvalidArgumentError(f"an id must not be {segment!r}")
    if segment.isspace():
        raise InvalidArgumentError("an id must not be white space alone")
    if _CONTROL.search(segment):
        raise InvalidArgumentError("an id must not hold a control character")
    return quote(_encodable("an id", segment), safe="")


def _require(params: Mapping[str, object], required: Collection[str]) -> None:
    for path in required:
        *parents, name = path.replace("]", "").split("[")
        holder: object = params
        for parent in parents:
            holder = holder.get(parent) if isinstance(holder, Mapping) else None
        # A nested key is required only where the object around it is sent.
        value = holder.get(name) if isinstance(holder, Mapping) else ...
        if value is None:
            raise InvalidArgumentError(f"{path} is required")
        if isinstance(value, Sequence | Mapping) and not value:
            raise InvalidArgumentError(f"{path} must not be empty")


def _pairs(
    key: str, value: object, arrays: Collection[str]
) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if key.count("[") > _DEEPEST:
        raise InvalidArgumentError(f"{key[:100]} is nested too deeply")
    is_sequence = isinstance(value, Sequence) and not isinstance(
        value, str | bytes | bytearray | memoryview
    )
    if key in arrays and not is_sequence:
        raise InvalidArgumentError(
            f"{key} must be a list or tuple, not {type(value).__name__}: write {key}=[…]"
        )
    if isinstance(value, Mapping):
        # A filter such as {"customer": None} must not turn into no filter.
        if all(item is None for item in value.values()):
            raise InvalidArgumentError(
                f"{key} must not be empty: leave it out, or give it a value"
            )
        for name, item in value.items():
            yield from _pairs(
                f"{key}[{_checked_key(name, nested_in=key)}]", item, arrays
            )
    elif is_sequence:
        for index, item in enumerate(value):  # type: ignore[arg-type]
            if item is None:
                raise InvalidArgumentError(f"{key}[{index}] is None")
            yield from _pairs(f"{key}[{index}]", item, arrays)
    else:
        yield key, _scalar(key, value)


def _checked_key(key: object, *, nested_in: str = "") -> str:
    if (
        not isinstance(key, str)
        or not key
        or (nested_in and ("[" in key or "]" in key))
    ):
        place = f"in {nested_in}" if nested_in else "of a parameter"
        raise InvalidArgumentError(
            f"a key {place} must be a string without brackets, and not empty"
        )
    return _encodable(f"a key of {nested_in or 'a parameter'}", key)


def _scalar(key: str, value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _encodable(key, str.__str__(value))  # of an enum, too, the value
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
            f"{key}: a datetime needs a time zone, for example datetime.now(UTC); without one it means another "
            "moment on every machine"
        )
    return str(math.floor(value.timestamp()))


def _description(value: object) -> str:
    if isinstance(value, float | Decimal):
        return "a number that is not finite"
    return f"a value of type {type(value).__name__}"


def _encodable(what: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidArgumentError(
            f"{what} holds a lone surrogate, which UTF-8 cannot spell"
        ) from None
    return text
