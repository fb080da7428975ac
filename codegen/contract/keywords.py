"""Schemas: the keywords of an upstream schema, read with suspicion."""

from collections.abc import Iterable
from typing import Any

from codegen.access import Node, SpecError, sequence, texts

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
UNIONS = ("anyOf", "oneOf", "allOf")
LIMITS: dict[str, tuple[type, ...]] = {
    "format": (str,),
    "pattern": (str,),
    "default": (str, int, float, bool, list, dict, type(None)),
    "minimum": (int, float),
    "maximum": (int, float),
    "minLength": (int,),
    "maxLength": (int,),
    "minItems": (int,),
    "maxItems": (int,),
}
PAGE = {"data", "has_more", "object"}


def types_of(schema: Node, place: str) -> tuple[list[str], bool]:
    """The types that a schema allows, and whether null is one; as OpenAPI 3.0 and 3.1
    write it.
    """
    written = schema.get("type", [])
    types = [written] if isinstance(written, str) else texts(written, f"{place}.type")
    for name in types:
        if name not in TYPES:
            raise SpecError(f"{place}.type: {name!r} is no type")
    return [name for name in types if name != "null"], "null" in types or schema.get(
        "nullable"
    ) is True


def as_enum(schema: Node) -> Node:
    """The schema with OpenAPI 3.1's `const` as what it is, an enum of one."""
    return (
        {"type": "string", "enum": [schema["const"]], **schema}
        if isinstance(schema.get("const"), str)
        else schema
    )


def members_of(schema: Node, place: str) -> tuple[list[Any], bool]:
    """What a union is made of, null aside, and whether null is one of them."""
    kinds = [key for key in UNIONS if key in schema]
    if not kinds:
        return [], False
    kind = kinds[0]
    members = sequence(schema[kind], f"{place}.{kind}")
    if (
        len(kinds) > 1
        or (members and "properties" in schema)
        or (kind == "allOf" and len(members) > 1)
    ):
        raise SpecError(f"{place}.{kind}: several schemas in one are not understood")
    kept = [
        one for one in members if not isinstance(one, dict) or one.get("type") != "null"
    ]
    return kept, len(kept) < len(members)


def one_enum(members: list[Any]) -> list[Any]:
    """The members of a union with its nameless enums made one: `red` or `blue`, or `""`
    to clear it.
    """
    enums = [
        one
        for one in members
        if isinstance(one, dict) and isinstance(one.get("enum"), list)
    ]
    if not enums[1:] or {one.get("type") for one in enums} != {"string"}:
        return members
    whole = {**enums[0], "enum": [value for one in enums for value in one["enum"]]}
    return [whole, *(one for one in members if not any(one is enum for enum in enums))]


def limits_of(schema: Node, place: str) -> Node:
    """The facts about a value that the contract keeps, if they are what they should be."""
    kept = {key: schema[key] for key in LIMITS if key in schema}
    for key, value in kept.items():
        if not isinstance(value, LIMITS[key]):
            raise SpecError(f"{place}.{key}: {value!r} makes no sense here")
    # What is no scalar (`[]`, null) says no more than that there need not be a value.
    return {
        key: value
        for key, value in kept.items()
        if not isinstance(value, list | dict | None)
    }


def made_nullable(shaped: Node) -> Node:
    """The same, or null."""
    if not shaped:
        return shaped
    return (
        {"allOf": [shaped], "nullable": True}
        if "$ref" in shaped
        else {**shaped, "nullable": True}
    )


def in_order(names: Iterable[str]) -> list[str]:
    """Field names as the contract lists them: `id` and `object` first."""
    return sorted(names, key=lambda name: (name != "id", name != "object", name))


def is_page(schema: Node) -> bool:
    """Whether a schema is the envelope of a list."""
    return PAGE.issubset(schema.get("properties", {}))
