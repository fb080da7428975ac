"""Decode objects whose attributes hold everything that was sent.

Decision 0001 explains why they are decoded into structs first.
"""

from collections.abc import Callable, Sequence
from functools import cache
from types import GenericAlias
from typing import Any

import msgspec

from financial_connections._decoding.attributes import struct_of
from financial_connections._decoding.json import DECODE_ERRORS
from financial_connections._decoding.lenient import Document
from financial_connections._decoding.model import Model, ModelT, set_origin, set_raw
from financial_connections._decoding.shape import Shape, shape_of
from financial_connections._decoding.variants import has_variants


def list_from(
    cls: type[ModelT],
    head: Any,
    items: list[Model],
    content: bytes,
    document: Document,
) -> ModelT:
    """Return a list with these items, which keeps its own text.

    Args:
        cls: Class of the list.
        head: A struct with the other fields of the list.
        items: The items.
        content: JSON text of the list.
        document: The response that contains it.
    """
    fields = {name: getattr(head, name) for name in head.__struct_fields__}
    model = cls(**(fields | {"data": items}))
    set_raw(model, content)
    set_origin(model, document.request_id)
    return model


def decode_exactly(
    cls: type[ModelT], content: bytes, document: Document
) -> ModelT | None:
    """Decode an object, or a list of objects, whose attributes hold everything sent.

    Such an object does not keep its JSON text. Decoding structs and converting them
    into models takes less time than decoding models and locating the text of each. This
    is the package's hot path.

    Args:
        cls: Class of the model.
        content: JSON text of the object.
        document: The response that contains it.

    Returns:
        The model; None if the object, or an item of the list, needs its text.
    """
    shape = shape_of(cls)
    # mypy considers a class unhashable if its instances define `__hash__`.
    hashable: Any = cls
    decode_struct = _struct_decoder_of(hashable)
    if decode_struct is None or has_variants(shape.item_class or cls):
        return None
    try:
        struct = decode_struct(content)
        if shape.item is None:
            model: ModelT = msgspec.convert(struct, cls, from_attributes=True)
            _set_origins(shape, [model], document.request_id)
            return model
        items_type: Any = GenericAlias(list, shape.item_class)
        items = msgspec.convert(struct.data, items_type, from_attributes=True)
    except DECODE_ERRORS:
        return None
    _set_origins(shape.item, items, document.request_id)
    # The list itself keeps its text, because `data` can be modified.
    return list_from(cls, struct, items, content, document)


def _set_origins(shape: Shape, models: Sequence[Model], request_id: str | None) -> None:
    """Set the origin of models and of all models inside them."""
    for model in models:
        set_origin(model, request_id)
    for nested in shape.nested:
        if nested.model is not None:
            values = [getattr(model, nested.name) for model in models]
            children = [value for value in values if isinstance(value, Model)]
            _set_origins(nested.model, children, request_id)


@cache
def _struct_decoder_of(cls: Any) -> Callable[[bytes], Any] | None:
    """Return a function that rejects objects whose fields are not those of their class.

    The fields of a list may differ, but not those of its items. The result is None if
    objects of the class always need their text.
    """
    shape = shape_of(cls)
    item_class: Any = shape.item_class
    struct = struct_of(item_class or cls)
    if struct is not None and shape.item is not None:
        data = ("data", GenericAlias(list, struct))
        own = [field.struct_field for field in shape.fields if field.name != "data"]
        struct = msgspec.defstruct("Head", [data, *own], kw_only=True)
    return None if struct is None else msgspec.json.Decoder(struct).decode
