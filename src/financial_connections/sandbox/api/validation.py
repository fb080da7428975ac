"""Parameters against the schema of their operation, strictly.

A value comes out as its schema says (`"10"` → `10`), or as a refusal that names the
parameter the way it is written on the wire, such as `features[0]`.
"""

import re
from collections.abc import Mapping
from typing import Any

from financial_connections.sandbox.api.errors import (
    Refusal,
    empty_parameter,
    missing_parameter,
    unknown_parameter,
)
from financial_connections.sandbox.api.form import Node

Schema = Mapping[str, Any]
"""A schema of the contract with its references resolved."""

_INTEGER = re.compile(r"-?[0-9]{1,18}")


def checked_object(
    sent: Mapping[str, Node], schema: Schema, *, prefix: str = ""
) -> dict[str, Any]:
    """Return the checked members of an object; unknown ones are refused first, then
    missing ones.
    """
    properties: Mapping[str, Schema] = schema.get("properties", {})
    keys = {
        name: f"{prefix}[{name}]" if prefix else name for name in (*sent, *properties)
    }
    for name in sent:
        if name not in properties:
            raise unknown_parameter(keys[name])
    for name in schema.get("required", ()):
        if name not in sent:
            raise missing_parameter(keys[name])
    return {
        name: _checked(node, properties[name], keys[name])
        for name, node in sent.items()
    }


def _checked(node: Node, schema: Schema, key: str) -> Any:
    if "anyOf" in schema:
        schema = _branch(node, schema["anyOf"])
    match schema["type"]:
        case "object":
            return _object(node, schema, key)
        case "array":
            return _array(node, schema, key)
        case "integer":
            return _integer(_scalar(node, key, "integer"), schema, key)
        case _:
            return _string(_scalar(node, key, "string"), schema, key)


def _branch(node: Node, branches: list[Schema]) -> Schema:
    """A range or a plain value: the shape that was sent decides."""
    wants_object = isinstance(node, dict)
    return next(
        branch for branch in branches if (branch["type"] == "object") is wants_object
    )


def _object(node: Node, schema: Schema, key: str) -> dict[str, Any]:
    if not isinstance(node, dict):
        raise Refusal(
            message=f"Invalid object: '{key}' takes named values, such as {key}[name]=value.",
            param=key,
        )
    return checked_object(node, schema, prefix=key)


def _array(node: Node, schema: Schema, key: str) -> list[Any]:
    if node == "":
        raise empty_parameter(key)
    if isinstance(node, dict) and all(
        index.isascii() and index.isdigit() for index in node
    ):
        node = [node[index] for index in sorted(node, key=lambda index: int(index[:9]))]
    if not isinstance(node, list):
        raise Refusal(
            message=f"Invalid array: '{key}' takes a list, such as {key}[]=value.",
            param=key,
        )
    return [
        _checked(item, schema["items"], f"{key}[{index}]")
        for index, item in enumerate(node)
    ]


def _scalar(node: Node, key: str, kind: str) -> str:
    if not isinstance(node, str):
        raise Refusal(
            message=f"Invalid {kind}: '{key}' takes a single value.", param=key
        )
    if node == "":
        raise empty_parameter(key)
    return node


def _integer(text: str, schema: Schema, key: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise _not_an_integer(f"Invalid integer: {text[:40]}", key)
    value = int(text)
    if value > schema.get("maximum", value):
        raise _not_an_integer(
            f"'{key}' must be at most {schema['maximum']}, it is {value}.", key
        )
    if value < schema.get("minimum", value):
        raise _not_an_integer(
            f"'{key}' must be at least {schema['minimum']}, it is {value}.", key
        )
    return value


def _not_an_integer(message: str, key: str) -> Refusal:
    return Refusal(code="parameter_invalid_integer", message=message, param=key)


def _string(text: str, schema: Schema, key: str) -> str:
    if len(text) > schema.get("maxLength", 5000):
        raise Refusal(
            message=f"'{key}' is longer than {schema.get('maxLength', 5000)} characters.",
            param=key,
        )
    # An open enum, that of `expand`, has refusals of its own.
    if "enum" in schema and not schema.get("x-open") and text not in schema["enum"]:
        allowed = ", ".join(schema["enum"])
        raise Refusal(
            message=f"Invalid {key}: '{text[:40]}' is none of {allowed}.", param=key
        )
    return text
