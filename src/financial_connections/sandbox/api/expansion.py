"""Expansion, which replaces IDs with the objects they refer to.

The contract marks expandable fields with `x-expandable`. For lists, every path starts
with `data.`.

Source: https://docs.stripe.com/api/expanding_objects
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from financial_connections.sandbox.api import render
from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.api.records import Merchant
from financial_connections.sandbox.api.validation import Schema

_MAX_DEPTH = 4
# An expanded customer has one expandable field, but no schema in the contract.
_EXPANDABLE_IN_CUSTOMER = {"default_source"}


def check_expansion(paths: Sequence[str], result: Schema) -> None:
    """Reject paths that cannot be expanded according to the response schema."""
    is_list = "has_more" in result.get("properties", {})
    for path in paths:
        segments = path.split(".")
        if len(segments) > _MAX_DEPTH:
            raise APIError(
                code="property_expansion_max_depth",
                message=f"You cannot expand more than {_MAX_DEPTH} levels of a"
                " property.",
            )
        if is_list and segments[0] != "data":
            raise APIError(
                message=f"This property cannot be expanded ({path})."
                f" You may want to try expanding 'data.{path}' instead."
            )
        match _classify(result, segments):
            case "missing":
                raise APIError(
                    message="This property cannot be expanded because it doesn't"
                    f" exist: {path}."
                )
            case "inline":
                raise APIError(message=f"This property cannot be expanded ({path}).")
            case "expandable":
                pass


def _classify(
    schema: Schema, segments: Sequence[str]
) -> Literal["expandable", "inline", "missing"]:
    """Return the kind of field that a path leads to.

    Every field of an expanded object counts as expandable.
    """
    is_expandable = False
    for segment in segments:
        schema = _object_schema(schema)
        if schema.get("additionalProperties") is True:
            return "expandable" if segment in _EXPANDABLE_IN_CUSTOMER else "missing"
        if segment not in schema.get("properties", {}):
            return "missing"
        schema = schema["properties"][segment]
        is_expandable = is_expandable or bool(schema.get("x-expandable"))
    return "expandable" if is_expandable else "inline"


def _object_schema(schema: Schema) -> Schema:
    """Return the schema of an array's items or of an expandable field's object."""
    if schema.get("type") == "array":
        return _object_schema(schema["items"])
    objects = [
        branch for branch in schema.get("anyOf", ()) if branch.get("type") == "object"
    ]
    return objects[0] if objects else schema


def expand(value: Any, segments: Sequence[str], resolve: Callable[[str], Any]) -> Any:
    """Replace only the IDs at a path with the result of `resolve`."""
    if isinstance(value, list):
        return [expand(item, segments, resolve) for item in value]
    if isinstance(value, str):
        value = resolve(value)
    if isinstance(value, dict) and segments and segments[0] in value:
        value[segments[0]] = expand(value[segments[0]], segments[1:], resolve)
    return value


def resolver(merchant: Merchant) -> Callable[[str], Any]:
    """Return a function that renders the object with an ID, if the merchant has it."""

    def resolve(object_id: str) -> Any:
        if object_id in merchant.customers:
            return render.customer(merchant.customers[object_id])
        if object_id in merchant.ownerships:
            return render.ownership(merchant.ownerships[object_id])
        if object_id == merchant.id or object_id in merchant.connected:
            return render.merchant(merchant.connected.get(object_id, merchant))
        return object_id

    return resolve
