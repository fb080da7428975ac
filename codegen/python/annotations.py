"""Translate schemas into Python types, for responses and for arguments."""

from collections.abc import Callable

from codegen.python.schema import SCALARS, Schema, Schemas, resolve

ANY_MAP = "dict[str, Any]"


def response_type(schema: Schema, schemas: Schemas) -> str:
    """Return the type of a field in a response, without `None`."""
    parts = [_response_part(part, schemas) for part in schema.alternatives()]
    return _decodable_union(list(dict.fromkeys(parts)), schema, schemas)


def _response_part(schema: Schema, schemas: Schemas) -> str:
    if schema.reference:
        return _named_type(schema, schemas, response_type)
    if schema.items is not None:
        return f"list[{response_type(schema.items, schemas)}]"
    if schema.type == "object":
        values = response_type(schema.values, schemas) if schema.values else "Any"
        return f"dict[str, {values}]"
    return SCALARS.get(schema.type, "Any")


def _decodable_union(parts: list[str], schema: Schema, schemas: Schemas) -> str:
    """Return a union that can be decoded from JSON.

    A decoder distinguishes values only by their JSON type, so a union may have at most
    one object, one list and one string type.
    """
    if "Any" in parts:
        return "Any"
    named = [part for part in parts if part in schemas]
    models = [part for part in named if schemas[part].kind == "object"]
    texts = [part for part in parts if part == "str" or part in set(named) - {*models}]
    lists = [part for part in parts if part.startswith("list[")]
    maps = [part for part in parts if part.startswith("dict[")]
    numbers = [part for part in parts if part in {"int", "float"}]
    if len(models) > 1:
        raise schema.error(f"a union of {' and '.join(models)} cannot be decoded")
    if models and maps:
        return "Any"
    union = [
        *_single(texts, "str"),
        *_single([part for part in parts if part == "bool"], "bool"),
        *_single(numbers, "float"),
        *_single(lists, "list[Any]"),
        *_single(maps, ANY_MAP),
        *models,
    ]
    return " | ".join(union)


def _single(parts: list[str], common: str) -> list[str]:
    """Return the parts, or the common type if there are several."""
    return [common] if len(parts) > 1 else parts


def argument_type(schema: Schema, schemas: Schemas) -> str:
    """Return the type of an argument, without `None`."""
    parts = [_argument_part(part, schemas) for part in schema.alternatives()]
    return " | ".join(dict.fromkeys(parts))


def _argument_part(schema: Schema, schemas: Schemas) -> str:
    if schema.reference:
        return _named_type(schema, schemas, argument_type)
    if schema.items is not None:
        return f"Sequence[{argument_type(schema.items, schemas)}]"
    if schema.type == "object":
        values = argument_type(schema.values, schemas) if schema.values else "object"
        return f"Mapping[str, {values}]"
    if schema.type == "integer" and schema.limits.get("format") == "unix-time":
        return "int | datetime"
    if schema.enum == ("",):
        return 'Literal[""]'
    return SCALARS.get(schema.type, "object")


def _named_type(
    schema: Schema, schemas: Schemas, annotate: Callable[[Schema, Schemas], str]
) -> str:
    target = resolve(schema, schemas)
    is_class = target.kind != "alias"
    return schema.reference if is_class else annotate(target, schemas)
