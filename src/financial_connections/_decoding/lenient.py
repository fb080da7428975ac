"""Decode objects that break the contract, field by field."""

from decimal import Decimal, InvalidOperation
from typing import Any, get_args, get_origin

from attrs import define, field

from financial_connections._decoding.json import (
    REFUSALS,
    parse_json,
    split_array,
    split_object,
)
from financial_connections._decoding.model import (
    Model,
    ModelT,
    Remarks,
    set_raw,
    set_remarks,
    set_request_id,
)
from financial_connections._decoding.shape import (
    arms_of,
    decoder_of,
    models_in,
    shape_of,
)

NOTHING = object()
"""Stands for a value of which nothing can be used."""

Fit = tuple[Any, bool]
"""A value, and whether it is all that was sent."""

_LONGEST_INTEGER = 4300
"""Digits. Python's default limit for converting a longer integer to text, so nobody
could print it.
"""


@define
class Document:
    """Facts that the objects of one JSON document share."""

    request_id: str | None
    misfits: set[str] = field(factory=set)
    """The fields of all its objects that do not fit, such as `Transaction.amount`."""


def own(value: Any, raw: bytes, document: Document) -> None:
    """Give a decoded value, and each model in it, the bytes that it came in."""
    if isinstance(value, Model):
        set_raw(value, raw)
        set_request_id(value, document.request_id)
        shape = shape_of(type(value))
        parts = shape.cut(raw) if shape.nested else None
        for nested in shape.nested:
            child = getattr(value, nested.name)
            if child is not None:
                own(child, bytes(getattr(parts, nested.name)), document)
    elif isinstance(value, list):
        for item, part in zip(value, split_array(raw), strict=True):
            own(item, part, document)
    elif isinstance(value, dict):
        for (_, item), part in zip(
            value.items(), split_object(raw).values(), strict=True
        ):
            own(item, part, document)


def build(cls: type[ModelT], raw: bytes, document: Document) -> ModelT:
    """Return a model with every field that fits.

    Raises:
        ContentError: `raw` is not a JSON object.

    """
    parts = split_object(raw)
    values: dict[str, Any] = {}
    misfits: list[str] = []
    for known in shape_of(cls).fields:
        part = parts.get(known.name)
        value, is_exact = (
            (None, not known.is_required)
            if part is None
            else fit(known.hint, part, document)
        )
        values[known.name] = None if value is NOTHING else value
        if not is_exact:
            misfits.append(known.name)
    model = cls(**values)
    set_raw(model, raw)
    set_request_id(model, document.request_id)
    if misfits:
        set_remarks(model, Remarks(misfits=tuple(misfits)))
        document.misfits.update(f"{cls.__name__}.{name}" for name in misfits)
    return model


def fit(hint: Any, part: bytes, document: Document) -> Fit:
    """Return a value as a type hint describes it, and whether it is all that was sent.

    In lists and maps only what fits remains. If there is nothing to use, the value is
    `NOTHING`.
    """
    try:
        value = decoder_of(hint)(part)
    except REFUSALS:
        pass
    else:
        if models_in(hint):
            own(value, part, document)
        return value, True
    for arm in arms_of(hint):
        value, is_exact = _fit_arm(arm, part, document)
        if value is not NOTHING:
            return value, is_exact
    return NOTHING, False


def _fit_arm(hint: Any, part: bytes, document: Document) -> Fit:
    """Fit a value that msgspec has refused."""
    first, kind = part[:1], get_origin(hint) or hint
    result: Fit = (NOTHING, False)
    if kind is list and first == b"[":
        result = _fit_list(get_args(hint)[0], part, document)
    elif kind is dict and first == b"{":
        result = _fit_map(get_args(hint)[1], part, document)
    elif kind is int and first in b"-0123456789":
        result = _fit_integer(part)
    elif kind is Any:
        value = parse_json(part)
        result = (_printable(value), _printable(value) == value)
    elif isinstance(kind, type) and issubclass(kind, Model) and first == b"{":
        result = (build(kind, part, document), True)
    elif isinstance(kind, type) and issubclass(kind, str) and first == b'"':
        # Refused because of a lone surrogate, which no text can hold.
        result = (kind(_printable(parse_json(part))), False)
    return result


def _fit_list(hint: Any, part: bytes, document: Document) -> Fit:
    entries = [fit(hint, entry, document) for entry in split_array(part)]
    return [value for value, _ in entries if value is not NOTHING], all(
        is_exact for _, is_exact in entries
    )


def _fit_map(hint: Any, part: bytes, document: Document) -> Fit:
    entries = {
        key: fit(hint, entry, document) for key, entry in split_object(part).items()
    }
    fitting = {
        _printable(key): value
        for key, (value, _) in entries.items()
        if value is not NOTHING
    }
    return fitting, fitting.keys() == entries.keys() and all(
        is_exact for _, is_exact in entries.values()
    )


def _fit_integer(part: bytes) -> Fit:
    """Take `100.0` and `1e2` for the integer that they are."""
    try:
        number = Decimal(part.decode())
    except InvalidOperation:  # an exponent of some twenty digits
        return NOTHING, False
    # The length first: `1e999999999` would be a number of a billion digits.
    if (
        not number.is_finite()
        or number.adjusted() >= _LONGEST_INTEGER
        or number != number.to_integral_value()
    ):
        return NOTHING, False
    return int(number), True


def _printable(value: Any) -> Any:
    """Replace lone surrogates, which cannot be printed, written or stored, by U+FFFD."""
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [_printable(item) for item in value]
        case dict():
            return {_printable(key): _printable(item) for key, item in value.items()}
        case _:
            return value
