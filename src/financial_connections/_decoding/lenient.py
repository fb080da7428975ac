"""Decode objects that do not match the schema, one field at a time."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, get_args, get_origin

from attrs import define, field

from financial_connections._decoding.attributes import union_members
from financial_connections._decoding.json import (
    DECODE_ERRORS,
    parse_json,
    replace_surrogates,
    split_array,
    split_object,
)
from financial_connections._decoding.model import (
    Details,
    Model,
    ModelT,
    set_details,
    set_origin,
    set_raw,
)
from financial_connections._decoding.shape import (
    decoder_of,
    model_classes,
    shape_of,
)
from financial_connections._decoding.variants import has_variants, variant_of

NOTHING = object()
"""Placeholder for a value that does not match its type at all."""

Fit = tuple[Any, bool]
"""A decoded value, and True if nothing was dropped or replaced."""

_MAX_DIGITS = 4300
"""Python's default limit on the number of digits when converting integers to text.

Longer integers could not be printed.
"""


@define
class Document:
    """State shared by all objects in a JSON document while it is decoded."""

    request_id: str | None
    misfits: set[str] = field(factory=set)
    """Mismatched fields of all objects, such as `Transaction.amount`."""


def attach_raw(value: Any, raw: bytes, document: Document) -> None:
    """Attach the raw bytes to a decoded value and to each model inside it.

    Args:
        value: The decoded value.
        raw: The JSON text of the value.
        document: The document that contains the value.
    """
    if isinstance(value, Model):
        set_raw(value, raw)
        set_origin(value, document.request_id)
        shape = shape_of(type(value))
        parts = shape.split(raw) if shape.nested else None
        for nested in shape.nested:
            child = getattr(value, nested.name)
            if child is not None:
                attach_raw(child, bytes(getattr(parts, nested.name)), document)
    elif isinstance(value, list):
        for item, part in zip(value, split_array(raw), strict=True):
            attach_raw(item, part, document)
    elif isinstance(value, dict):
        for (_, item), part in zip(
            value.items(), split_object(raw).values(), strict=True
        ):
            attach_raw(item, part, document)


def decode_fields(cls: type[ModelT], raw: bytes, document: Document) -> ModelT:
    """Decode a model, keeping the values of all fields that match the schema.

    Args:
        cls: Class of the model.
        raw: The JSON text of the object.
        document: The document that contains the object. Misfits are added to it.

    Raises:
        ContentError: `raw` is not a JSON object.
    """
    cls = variant_of(cls, raw)
    return decode_parts(cls, raw, split_object(raw), document, {})


def decode_parts(
    cls: type[ModelT],
    raw: bytes,
    parts: Mapping[str, bytes],
    document: Document,
    fitted: Mapping[str, Fit],
) -> ModelT:
    """Decode a model whose fields have been separated.

    Args:
        cls: Class of the model, without variants.
        raw: The JSON text of the object.
        parts: The JSON text of each field.
        document: The document that contains the object. Misfits are added to it.
        fitted: The fields that have been decoded already.
    """
    values: dict[str, Any] = {}
    misfits: list[str] = []
    for known in shape_of(cls).fields:
        part = parts.get(known.name)
        if known.name in fitted:
            value, is_exact = fitted[known.name]
        elif part is None:
            value, is_exact = None, not known.is_required
        else:
            value, is_exact = fit(known.hint, part, document)
        values[known.name] = None if value is NOTHING else value
        if not is_exact:
            misfits.append(known.name)
    model = cls(**values)
    set_raw(model, raw)
    set_origin(model, document.request_id)
    if misfits:
        set_details(model, Details(misfits=tuple(misfits)))
        document.misfits.update(f"{cls.__name__}.{name}" for name in misfits)
    return model


def fit(hint: Any, part: bytes, document: Document) -> Fit:
    """Decode as much of a value as matches a type.

    Invalid items of lists and maps are dropped.

    Args:
        hint: The type.
        part: The JSON text of the value.
        document: The document that contains the value.

    Returns:
        The value, or `NOTHING` if no part of it matches; and True if nothing was
        dropped or replaced.
    """
    models = model_classes(hint)
    # msgspec does not know variants.
    if not any(map(has_variants, models)):
        try:
            value = decoder_of(hint)(part)
        except DECODE_ERRORS:
            pass
        else:
            if models:
                attach_raw(value, part, document)
            return value, True
    for member in union_members(hint):
        value, is_exact = _fit_member(member, part, document)
        if value is not NOTHING:
            return value, is_exact
    return NOTHING, False


def _fit_member(hint: Any, part: bytes, document: Document) -> Fit:
    """Decode as much of a value as matches a type that is not a union."""
    first, kind = part[:1], get_origin(hint) or hint
    result: Fit = (NOTHING, False)
    if kind is list and first == b"[":
        result = _fit_list(get_args(hint)[0], part, document)
    elif kind is dict and first == b"{":
        result = _fit_map(get_args(hint)[1], part, document)
    elif kind is int and first in b"-0123456789":
        result = _fit_integer(part)
    elif kind is Any:
        sent = parse_json(part)
        value = replace_surrogates(sent)
        result = (value, value == sent)
    elif isinstance(kind, type) and issubclass(kind, Model) and first == b"{":
        result = (decode_fields(kind, part, document), True)
    elif isinstance(kind, type) and issubclass(kind, str) and first == b'"':
        # msgspec rejects strings with lone surrogates.
        result = (kind(replace_surrogates(parse_json(part))), False)
    return result


def _fit_list(hint: Any, part: bytes, document: Document) -> Fit:
    return join_fits([fit(hint, entry, document) for entry in split_array(part)])


def join_fits(entries: Sequence[Fit]) -> Fit:
    """Return the list of the entries that match their type at least in part."""
    return [value for value, _ in entries if value is not NOTHING], all(
        is_exact for _, is_exact in entries
    )


def _fit_map(hint: Any, part: bytes, document: Document) -> Fit:
    entries = {
        key: fit(hint, entry, document) for key, entry in split_object(part).items()
    }
    fitting = {
        replace_surrogates(key): value
        for key, (value, _) in entries.items()
        if value is not NOTHING
    }
    return fitting, fitting.keys() == entries.keys() and all(
        is_exact for _, is_exact in entries.values()
    )


def _fit_integer(part: bytes) -> Fit:
    """Decode an integer written as `100.0` or `1e2`."""
    try:
        number = Decimal(part.decode())
    except InvalidOperation:  # an exponent of about twenty digits
        return NOTHING, False
    # The length is checked first, because `1e999999999` has a billion digits.
    if (
        not number.is_finite()
        or number.adjusted() >= _MAX_DIGITS
        or number != number.to_integral_value()
    ):
        return NOTHING, False
    return int(number), True
