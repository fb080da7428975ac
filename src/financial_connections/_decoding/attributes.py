"""Types and values of the attributes of models.

The JSON text of a model is not needed if none of its attributes can be modified, and it
was decoded from exactly the fields of its class: the attributes then hold everything
that was sent. msgspec detects unknown and absent fields only if it decodes a struct.
"""

from functools import cache, reduce
from operator import or_
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from financial_connections._decoding.enum import OpenEnum
from financial_connections._decoding.representation import Representation

_IMMUTABLE = {str, int, bool, NoneType}


def union_members(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the hint itself."""
    return get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)


@cache
def struct_of(cls: Any) -> Any:
    """Return a struct with the fields of a model, which rejects all other fields.

    Args:
        cls: Class of the model.

    Returns:
        The class of the struct; None if an attribute of the model, or of a model inside
        it, can be modified.
    """
    if not _is_immutable(cls):
        return None
    fields = [
        (
            field.name,
            reduce(
                or_,
                [
                    struct_of(member) if _is_a(member, Representation) else member
                    for member in union_members(field.type)
                ],
            ),
        )
        for field in cls.__attrs_attrs__
    ]
    # Structs contain no cycles, so the garbage collector need not track them.
    return msgspec.defstruct(cls.__name__, fields, forbid_unknown_fields=True, gc=False)


@cache
def _is_immutable(cls: Any) -> bool:
    members = {
        member for field in cls.__attrs_attrs__ for member in union_members(field.type)
    }
    models = {member for member in members if _is_a(member, Representation)}
    # A float does not show whether it was sent as an integer.
    return all(
        member in _IMMUTABLE or _is_a(member, OpenEnum) for member in members - models
    ) and all(map(_is_immutable, models))


def _is_a(member: Any, base: type) -> bool:
    return isinstance(member, type) and issubclass(member, base)


def plain(value: Any) -> Any:
    """Return the value of an attribute as parsed JSON.

    Args:
        value: The value.
    """
    match value:
        case Representation():
            model: Any = value
            return model.to_dict()
        case OpenEnum():
            return str(value)
        case list():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case _:
            return value


def hashable(value: Any) -> Any:
    """Return the hashable part of an attribute, excluding nested lists and dicts.

    Args:
        value: The value.
    """
    match value:
        case list():
            return tuple(item for item in value if not isinstance(item, list | dict))
        case dict():
            return frozenset(
                (key, item)
                for key, item in value.items()
                if not isinstance(item, list | dict)
            )
        case _:
            return value
