"""Arguments: the query parameters or form fields of an operation, as the keywords of a
call.
"""

import re
from keyword import iskeyword

from codegen.access import (
    Node,
    SpecError,
    child,
    descend,
    mapping,
    sequence,
    text,
    texts,
)
from codegen.contract.keywords import limits_of
from codegen.contract.operations import FORM
from codegen.python.annotations import argument_hint, choices_of, kind_of, named

RESERVED = {"sender", "options", "request"}
PARAMETER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def keywords_of(operation: Node, components: Node, place: str) -> list[Node]:
    """The query parameters of a call, or the fields of its form."""
    keywords = []
    for index, node in enumerate(
        sequence(operation.get("parameters", []), f"{place}.parameters")
    ):
        here = f"{place}.parameters[{index}]"
        parameter = mapping(node, here)
        if parameter.get("in") == "path":
            continue
        if parameter.get("in") != "query":
            raise SpecError(f"{here}.in: only path and query are understood")
        wire = text(parameter.get("name"), f"{here}.name")
        required = parameter.get("required") is True
        keywords.append(
            keyword_of(
                wire,
                child(parameter, "schema", here),
                components,
                here,
                required=required,
            )
        )
    if "requestBody" in operation:
        here = f"{place}.requestBody"
        form = descend(operation, place, "requestBody", "content", FORM, "schema")
        required_keys = texts(form.get("required", []), f"{here}.required")
        for wire, node in mapping(form.get("properties", {}), here).items():
            spot = f"{here}.{wire}"
            required = wire in required_keys
            keywords.append(
                keyword_of(
                    wire, mapping(node, spot), components, spot, required=required
                )
            )
    return keywords


def keyword_of(
    wire: str, schema: Node, components: Node, place: str, *, required: bool
) -> Node:
    """One keyword argument."""
    return {
        "wire": wire,
        "name": argument_name(wire, place),
        "hint": argument_hint(schema, components, place),
        "required": required,
        "limits": limits_of(schema, place),
        "arrays": keys_of(wire, schema, components, place, arrays=True),
        "needs": [
            *([wire] if required else []),
            *keys_of(wire, schema, components, place, arrays=False),
        ],
    }


def keys_of(
    key: str, schema: Node, components: Node, place: str, *, arrays: bool
) -> list[str]:
    """The keys at and below a parameter that hold an array, or those below it that must
    be present.
    """
    keys = []
    for one in choices_of(schema, place):
        if arrays and one.get("type") == "array":
            keys.append(key)
        if "$ref" in one:
            name, inner = named(one, components, place)
            if kind_of(inner) != "object":
                continue
            needed = texts(
                inner.get("required", []), f"components.schemas.{name}.required"
            )
            for field, node in mapping(
                inner["properties"], f"components.schemas.{name}.properties"
            ).items():
                below = f"{key}[{field}]"
                if not arrays and field in needed:
                    keys.append(below)
                keys += keys_of(
                    below,
                    mapping(node, f"components.schemas.{name}"),
                    components,
                    place,
                    arrays=arrays,
                )
    return sorted(set(keys))


def argument_name(wire: str, place: str) -> str:
    """The Python name of a parameter; a keyword or one of ours gets an underscore
    behind.
    """
    if not PARAMETER.fullmatch(wire):
        raise SpecError(f"{place}: {wire!r} cannot be the name of a parameter")
    return f"{wire}_" if iskeyword(wire) or wire in RESERVED else wire
