"""The columns of a model class, computed from the types of its fields."""

from collections.abc import Iterator
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin

from financial_connections._decoding.attributes import union_members
from financial_connections._decoding.model import Model
from financial_connections._decoding.shape import Field, shape_of
from financial_connections.data.kinds import Column, Kind


def columns_of(model: type[Model]) -> tuple[Column, ...]:
    """Return the columns of a model class, in the order of its fields.

    A list of objects has no column.

    Args:
        model: The class.
    """
    # mypy considers a class unhashable if its instances define `__hash__`.
    hashable: Any = model
    return _columns_of(hashable)


@cache
def _columns_of(model: Any) -> tuple[Column, ...]:
    return tuple(_walk(model, ()))


def _walk(model: type[Model], parents: tuple[str, ...]) -> Iterator[Column]:
    fields = shape_of(model).fields
    names = {field.name for field in fields}
    for field in fields:
        path = (*parents, field.name)
        types = [hint for hint in union_members(field.hint) if hint is not NoneType]
        nested = types[0]
        if len(types) == 1 and isinstance(nested, type) and issubclass(nested, Model):
            if shape_of(nested).item_class is None:
                yield from _walk(nested, path)
        elif kind := _kind_of(field, types, has_currency="currency" in names):
            yield Column(path, kind)


def _kind_of(field: Field, types: list[Any], *, has_currency: bool) -> Kind | None:
    if any(map(_is_text, types)):
        return Kind.REFERENCE if field.has_models else Kind.TEXT
    kind = types[0] if len(types) == 1 else None
    if kind is int:
        number = Kind.AMOUNT if has_currency else Kind.INTEGER
        return Kind.TIME if _is_time(field.name) else number
    if get_origin(kind) is list and _is_text(get_args(kind)[0]):
        return Kind.TEXTS
    if kind == dict[str, int]:
        return Kind.AMOUNTS
    return Kind.BOOLEAN if kind is bool else None


def _is_text(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, str)


def _is_time(name: str) -> bool:
    return name in {"as_of", "created", "updated"} or name.endswith(("_at", "_date"))
