"""Hints: each schema of the contract as the Python type that a caller or a reader sees."""

from collections.abc import Callable

from codegen.access import Node, SpecError, mapping, sequence, target, text

SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
ANY_MAP = "dict[str, Any]"


def kind_of(schema: Node) -> str:
    """What a named schema becomes: a class with fields, a choice of strings, or just
    another spelling.
    """
    if schema.get("type") == "string" and "enum" in schema:
        return "choice"
    return "object" if schema.get("properties") else "alias"


def choices_of(schema: Node, place: str) -> list[Node]:
    """What a schema allows: itself, or the members of its union."""
    members = [
        mapping(one, f"{place}.{key}")
        for key in ("allOf", "anyOf")
        for one in sequence(schema.get(key, []), f"{place}.{key}")
    ]
    return (
        [inner for one in members for inner in choices_of(one, place)]
        if members
        else [schema]
    )


def named(schema: Node, components: Node, place: str) -> tuple[str, Node]:
    """The name and the schema that a `$ref` points to."""
    name = target(schema["$ref"], place)
    if name not in components:
        raise SpecError(f"{place}: $ref to {name!r}, which is not there")
    return name, mapping(components[name], f"components.schemas.{name}")


def answer_hint(schema: Node, components: Node, place: str) -> str:
    """The type of a field of an answer, None aside."""
    parts = [_answer_part(one, components, place) for one in choices_of(schema, place)]
    return _decodable(list(dict.fromkeys(parts)), components, place)


def _answer_part(schema: Node, components: Node, place: str) -> str:
    if "$ref" in schema:
        name, inner = named(schema, components, place)
        return (
            name
            if kind_of(inner) != "alias"
            else answer_hint(inner, components, f"components.schemas.{name}")
        )
    kind, content = _plain(schema, components, place, answer_hint)
    shells = {"array": f"list[{content}]", "object": f"dict[str, {content or 'Any'}]"}
    return shells.get(kind, content or "Any")


def _decodable(parts: list[str], components: Node, place: str) -> str:
    """A union that a decoder can tell apart: at most one of what is an object, a list
    or text in JSON.
    """
    if "Any" in parts:
        return "Any"
    models = [
        part
        for part in parts
        if part in components and kind_of(components[part]) == "object"
    ]
    texts = [
        part
        for part in parts
        if part == "str" or (part in components and part not in models)
    ]
    lists = [part for part in parts if part.startswith("list[")]
    maps = [part for part in parts if part.startswith("dict[")]
    if len(models) > 1:
        raise SpecError(f"{place}: a union of {' and '.join(models)} cannot be decoded")
    if models and maps:
        return "Any"
    numbers = [part for part in parts if part in {"int", "float"}]
    groups = [
        texts if len(texts) == 1 else ["str"] * bool(texts),
        ["bool"] * ("bool" in parts),
        numbers if len(numbers) == 1 else ["float"] * bool(numbers),
        lists if len(lists) == 1 else ["list[Any]"] * bool(lists),
        maps if len(maps) == 1 else [ANY_MAP] * bool(maps),
        models,
    ]
    return " | ".join(part for group in groups for part in group)


def argument_hint(schema: Node, components: Node, place: str) -> str:
    """The type of an argument of a call, None aside."""
    parts = [
        _argument_part(one, components, place) for one in choices_of(schema, place)
    ]
    return " | ".join(dict.fromkeys(parts))


def _argument_part(schema: Node, components: Node, place: str) -> str:
    if "$ref" in schema:
        name, inner = named(schema, components, place)
        return (
            name
            if kind_of(inner) != "alias"
            else argument_hint(inner, components, f"components.schemas.{name}")
        )
    kind, content = _plain(schema, components, place, argument_hint)
    if kind == "integer" and schema.get("format") == "unix-time":
        return "int | datetime"
    shells = {
        "array": f"Sequence[{content}]",
        "object": f"Mapping[str, {content or 'object'}]",
    }
    return shells.get(kind, content or "object")


def _plain(
    schema: Node, components: Node, place: str, hint: Callable[[Node, Node, str], str]
) -> tuple[str, str]:
    """A schema's type, and the hint of what is in it."""
    name = text(schema.get("type", ""), f"{place}.type")
    if name == "array":
        return name, hint(
            mapping(schema.get("items", {}), f"{place}.items"),
            components,
            f"{place}.items",
        )
    if name == "object":
        if schema.get("properties"):
            raise SpecError(
                f"{place}: an object with properties needs a name under components.schemas"
            )
        values = schema.get("additionalProperties")
        return name, hint(values, components, place) if isinstance(
            values, dict
        ) and values else ""
    if name not in {"", *SCALARS}:
        raise SpecError(f"{place}.type: {name!r} is no type")
    return name, SCALARS.get(name, "")
