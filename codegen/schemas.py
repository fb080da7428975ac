"""Schemas: the keywords of an upstream schema, read with suspicion."""

from collections.abc import Iterable
from typing import Any

from codegen.checked import Node, SpecError, sequence, texts

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
LIMITS: dict[str, tuple[type, ...]] = {
    "format": (str,),
    "pattern": (str,),
    "default": (str, int, float, bool),
    "minimum": (int, float),
    "maximum": (int, float),
    "minLength": (int,),
    "maxLength": (int,),
    "minItems": (int,),
    "maxItems": (int,),
}


def types_of(schema: Node, place: str) -> tuple[list[str], bool]:
    """The types that a schema allows, and whether null is one; as OpenAPI 3.0 and 3.1 write it."""
    written = schema.get("type", [])
    types = [written] if isinstance(written, str) else texts(written, f"{place}.type")
    for name in types:
        if name not in TYPES:
            raise SpecError(f"{place}.type: {name!r} is no type")
    return [name for name in types if name != "null"], "null" in types or schema.get("nullable") is True


def members_of(schema: Node, place: str) -> list[Any]:
    """What a union is made of."""
    members = [
        member for key in ("anyOf", "oneOf", "allOf") for member in sequence(schema.get(key, []), f"{place}.{key}")
    ]
    if len(schema.get("allOf", [])) > 1:
        raise SpecError(f"{place}.allOf: several schemas in one are not understood")
    return members


def limits_of(schema: Node, place: str) -> Node:
    """The facts about a value that the contract keeps."""
    kept = {key: schema[key] for key in LIMITS if key in schema}
    for key, value in kept.items():
        if not isinstance(value, LIMITS[key]):
            raise SpecError(f"{place}.{key}: {value!r} makes no sense here")
    return kept


def made_nullable(shaped: Node) -> Node:
    """The same, or null."""
    if not shaped:
        return shaped
    return {"allOf": [shaped], "nullable": True} if "$ref" in shaped else {**shaped, "nullable": True}


def in_order(names: Iterable[str]) -> list[str]:
    """Field names as the contract lists them: `id` and `object` first."""
    return sorted(names, key=lambda name: (name != "id", name != "object", name))
