"""Strict validation of parameters against the schema of an operation.

A valid value is converted to its type (`"10"` becomes `10`). An invalid value raises an
error with the parameter's name as written in the request, such as `features[0]`.
"""

import re
from collections.abc import Mapping
from typing import Any

from financial_connections.sandbox.api.errors import (
    APIError,
    empty_parameter,
    missing_parameter,
    unknown_parameter,
)
from financial_connections.sandbox.api.form import Node

Schema = Mapping[str, Any]
"""A schema from the contract, with all references resolved."""

_INTEGER = re.compile(r"-?[0-9]{1,18}")


def validate_object(
    sent: Mapping[str, Node], schema: Schema, *, prefix: str = ""
) -> dict[str, Any]:
    """Return the validated members of an object.

    Unknown members are reported before missing ones.
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
        name: _validate(node, properties[name], keys[name])
        for name, node in sent.items()
    }


def _validate(node: Node, schema: Schema, key: str) -> Any:
    if "anyOf" in schema:
        schema = _branch(node, schema["anyOf"])
    if node == "" and node in schema.get("enum", ()):
        return ""
    match schema["type"]:
        case "object":
            return _object(node, schema, key)
        case "array":
            return _array(node, schema, key)
        case "boolean":
            return _boolean(_scalar(node, key, "boolean"), key)
        case "integer":
            return _integer(_scalar(node, key, "integer"), schema, key)
        case _:
            return _string(_scalar(node, key, "string"), schema, key)


def _branch(node: Node, branches: list[Schema]) -> Schema:
    """Choose between a range, a plain value and an empty one, as sent."""
    if isinstance(node, dict):
        matching = [branch for branch in branches if branch["type"] == "object"]
    elif node == "":
        matching = [branch for branch in branches if "" in branch.get("enum", ())]
    else:
        matching = [branch for branch in branches if branch["type"] != "object"]
    return (matching or branches)[0]


def _object(node: Node, schema: Schema, key: str) -> dict[str, Any]:
    if not isinstance(node, dict):
        raise APIError(
            message=f"Invalid object: pass named values for '{key}',"
            f" such as {key}[name]=value.",
            param=key,
        )
    return validate_object(node, schema, prefix=key)


def _array(node: Node, schema: Schema, key: str) -> list[Any]:
    if node == "":
        raise empty_parameter(key)
    if isinstance(node, dict) and all(
        index.isascii() and index.isdigit() for index in node
    ):
        node = [node[index] for index in sorted(node, key=lambda index: int(index[:9]))]
    if not isinstance(node, list):
        raise APIError(
            message=f"Invalid array: pass a list for '{key}', such as {key}[]=value.",
            param=key,
        )
    if len(node) > schema.get("maxItems", len(node)):
        raise APIError(
            message=f"'{key}' can have at most {schema['maxItems']} items.", param=key
        )
    return [
        _validate(item, schema["items"], f"{key}[{index}]")
        for index, item in enumerate(node)
    ]


def _scalar(node: Node, key: str, kind: str) -> str:
    if not isinstance(node, str):
        raise APIError(
            message=f"Invalid {kind}: pass a single value for '{key}'.", param=key
        )
    if node == "":
        raise empty_parameter(key)
    return node


def _boolean(text: str, key: str) -> bool:
    if text not in {"true", "false"}:
        raise APIError(message=f"Invalid boolean: {text[:40]}", param=key)
    return text == "true"


def _integer(text: str, schema: Schema, key: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise _invalid_integer(f"Invalid integer: {text[:40]}", key)
    value = int(text)
    if value > schema.get("maximum", value):
        raise _invalid_integer(
            f"'{key}' must be at most {schema['maximum']}, not {value}.", key
        )
    if value < schema.get("minimum", value):
        raise _invalid_integer(
            f"'{key}' must be at least {schema['minimum']}, not {value}.", key
        )
    return value


def _invalid_integer(message: str, key: str) -> APIError:
    return APIError(code="parameter_invalid_integer", message=message, param=key)


def _string(text: str, schema: Schema, key: str) -> str:
    max_length = schema.get("maxLength", 5000)
    if len(text) > max_length:
        raise APIError(
            message=f"'{key}' can have at most {max_length} characters.", param=key
        )
    # The enum of `expand` is open; `check_expansion` reports invalid values.
    if "enum" in schema and not schema.get("x-open") and text not in schema["enum"]:
        allowed = ", ".join(schema["enum"])
        raise APIError(
            message=f"Invalid {key}: '{text[:40]}' must be one of {allowed}.",
            param=key,
        )
    return text
