"""Facts about model classes that decoding needs, found out once per class."""

from collections.abc import Callable
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from attrs import NOTHING, frozen

from financial_connections._decoding.model import Model


@frozen
class Field:
    """One attribute of a model class."""

    name: str
    hint: Any
    is_required: bool
    """True if the contract promises a value."""
    has_models: bool
    """True if the value can be or contain a model."""
    model: "Shape | None"
    """The class of the models; None if they are in a list or a map, or of several
    classes.
    """

    @property
    def struct_field(self) -> tuple[Any, ...]:
        """The field as `msgspec.defstruct` takes it."""
        return (
            (self.name, self.hint) if self.is_required else (self.name, self.hint, None)
        )


@frozen
class Shape:
    """Facts about a model class that decoding needs."""

    fields: tuple[Field, ...]
    nested: tuple[Field, ...]
    """The fields that can contain models."""
    decode: Callable[[bytes], Any]
    """Decode an object; of a list class, its own fields only, with the items undecoded.
    """
    cut: Callable[[bytes], Any]
    """Decode no more than which bytes belong to each of the `nested` fields."""
    item: "Shape | None" = None
    """The class of a list's items; None for a class that is not a list."""
    decode_items: Callable[[bytes], Any] = msgspec.json.decode
    """Decode the items of a list, and no other field."""


def shape_of(cls: type[Model]) -> Shape:
    """Return the facts about a model class."""
    kind: Any = cls  # mypy does not take a class for hashable if its instances define `__hash__`
    return _shape_of(kind)


def arms_of(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the hint itself."""
    return get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)


@cache
def decoder_of(hint: Any) -> Callable[[bytes], Any]:
    """Return the function that decodes what a type hint describes, and refuses
    everything else.
    """
    return msgspec.json.Decoder(hint).decode


@cache
def _shape_of(cls: Any) -> Shape:
    hints = get_type_hints(cls)
    fields = tuple(_field(field, hints[field.name]) for field in cls.__attrs_attrs__)
    nested = tuple(field for field in fields if field.has_models)
    cut = decoder_of(
        msgspec.defstruct(
            "Parts", [(field.name, msgspec.Raw, None) for field in nested]
        )
    )
    items = models_in(hints.get("data")) if "has_more" in hints else ()
    if not items:
        return Shape(fields, nested, decoder_of(cls), cut)
    own = [field.struct_field for field in fields if field.name != "data"]
    head = msgspec.defstruct(
        "Head", [("data", list[msgspec.Raw] | None, None), *own], kw_only=True
    )
    body = msgspec.defstruct("Body", [("data", hints["data"])])
    return Shape(
        fields, nested, decoder_of(head), cut, shape_of(items[0]), decoder_of(body)
    )


def _field(attribute: Any, hint: Any) -> Field:
    models = models_in(hint)
    is_one = (
        models == tuple(arm for arm in arms_of(hint) if models_in(arm))
        and len(models) == 1
    )
    model = shape_of(models[0]) if is_one else None
    return Field(
        attribute.name, hint, attribute.default is NOTHING, bool(models), model
    )


@cache
def models_in(hint: Any) -> tuple[type[Model], ...]:
    """Return the model classes that a type hint mentions."""
    if isinstance(hint, type) and issubclass(hint, Model):
        return (hint,)
    return tuple(model for arm in get_args(hint) for model in models_in(arm))
