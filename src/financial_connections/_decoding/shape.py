"""Properties of model classes that decoding needs, computed once for each class."""

from collections.abc import Callable
from functools import cache
from typing import Any, get_args, get_type_hints

import msgspec
from attrs import frozen

from financial_connections._decoding.attributes import union_members
from financial_connections._decoding.model import REQUIRED, Model


@frozen
class Field:
    """A field of a model class."""

    name: str
    hint: Any
    is_required: bool
    """True if the contract guarantees a value."""
    has_models: bool
    """True if the value can be or contain a model."""
    model: "Shape | None"
    """The shape of the model in this field.

    None if the models are in a list or map, or can be of several classes.
    """

    @property
    def struct_field(self) -> tuple[Any, ...]:
        """The field as an argument to `msgspec.defstruct`."""
        return (
            (self.name, self.hint) if self.is_required else (self.name, self.hint, None)
        )


@frozen
class Shape:
    """Properties of a model class that decoding needs."""

    fields: tuple[Field, ...]
    nested: tuple[Field, ...]
    """The fields that can contain models."""
    decode: Callable[[bytes], Any]
    """Decodes an object. If it is a list, its items are not decoded."""
    split: Callable[[bytes], Any]
    """Extracts the bytes of each of the `nested` fields without decoding them."""
    item: "Shape | None" = None
    """The shape of a list's items; None for a class that is not a list."""
    item_class: type[Model] | None = None
    """The class of a list's items."""
    decode_items: Callable[[bytes], Any] = msgspec.json.decode
    """Decodes the items of a list and no other field."""


def shape_of(cls: type[Model]) -> Shape:
    """Return the shape of a model class."""
    # mypy considers a class unhashable if its instances define `__hash__`.
    hashable: Any = cls
    return _shape_of(hashable)


@cache
def decoder_of(hint: Any) -> Callable[[bytes], Any]:
    """Return a function that decodes values of a type and rejects all others."""
    return msgspec.json.Decoder(hint).decode


@cache
def _shape_of(cls: Any) -> Shape:
    hints = get_type_hints(cls)
    fields = tuple(_field(field, hints[field.name]) for field in cls.__attrs_attrs__)
    nested = tuple(field for field in fields if field.has_models)
    split = decoder_of(
        msgspec.defstruct(
            "Parts", [(field.name, msgspec.Raw, None) for field in nested]
        )
    )
    items = model_classes(hints.get("data")) if "has_more" in hints else ()
    if not items:
        return Shape(fields, nested, decoder_of(cls), split)
    own = [field.struct_field for field in fields if field.name != "data"]
    head = msgspec.defstruct("Head", [("data", list[msgspec.Raw]), *own], kw_only=True)
    body = msgspec.defstruct("Body", [("data", hints["data"])])
    return Shape(
        fields,
        nested,
        decoder_of(head),
        split,
        shape_of(items[0]),
        items[0],
        decoder_of(body),
    )


def _field(attribute: Any, hint: Any) -> Field:
    models = model_classes(hint)
    is_plain = models == tuple(
        member for member in union_members(hint) if model_classes(member)
    )
    return Field(
        name=attribute.name,
        hint=hint,
        is_required=attribute.default is REQUIRED,
        has_models=bool(models),
        model=shape_of(models[0]) if is_plain and len(models) == 1 else None,
    )


@cache
def model_classes(hint: Any) -> tuple[type[Model], ...]:
    """Return the model classes that a type hint mentions."""
    if isinstance(hint, type) and issubclass(hint, Model):
        return (hint,)
    return tuple(model for part in get_args(hint) for model in model_classes(part))
