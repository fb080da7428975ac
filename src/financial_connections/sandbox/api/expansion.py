"""Expansion: ids replaced by the objects they name.
https://docs.stripe.com/api/expanding_objects

Which ids, the contract tells by `x-expandable`. On a list each path starts with
`data.`.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from financial_connections.sandbox.api.errors import Refusal
from financial_connections.sandbox.api.validation import Schema

_DEEPEST = 4
# Beyond the contract's horizon an expanded customer has one id of its own to expand.
_BEYOND_THE_HORIZON = {"default_source"}


def check_expansion(paths: Sequence[str], result: Schema) -> None:
    """Refuse a path that the schema of the answer cannot expand."""
    is_list = "has_more" in result.get("properties", {})
    for path in paths:
        segments = path.split(".")
        if len(segments) > _DEEPEST:
            raise Refusal(
                code="property_expansion_max_depth",
                message=f"You cannot expand more than {_DEEPEST} levels of a property.",
            )
        if is_list and segments[0] != "data":
            raise Refusal(
                message=f"This property cannot be expanded ({path})."
                f" You may want to try expanding 'data.{path}' instead."
            )
        match _reach(result, segments):
            case "missing":
                raise Refusal(
                    message=f"This property cannot be expanded because it doesn't exist: {path}."
                )
            case "inline":
                raise Refusal(message=f"This property cannot be expanded ({path}).")
            case "expandable":
                pass


def _reach(
    schema: Schema, segments: Sequence[str]
) -> Literal["expandable", "inline", "missing"]:
    """Tell what lies at the end of a path; what lies in an expanded object or below
    counts as expandable.
    """
    is_expandable = False
    for segment in segments:
        schema = _target(schema)
        if schema.get("additionalProperties") is True:
            return "expandable" if segment in _BEYOND_THE_HORIZON else "missing"
        if segment not in schema.get("properties", {}):
            return "missing"
        schema = schema["properties"][segment]
        is_expandable = is_expandable or bool(schema.get("x-expandable"))
    return "expandable" if is_expandable else "inline"


def _target(schema: Schema) -> Schema:
    """The object to look into: an array's item, an expandable field's object."""
    if schema.get("type") == "array":
        return _target(schema["items"])
    objects = [
        branch for branch in schema.get("anyOf", ()) if branch.get("type") == "object"
    ]
    return objects[0] if objects else schema


def expand(value: Any, segments: Sequence[str], resolve: Callable[[str], Any]) -> Any:
    """Return `value` with the ids at the path replaced by what `resolve` gives; nothing
    else changes.
    """
    if isinstance(value, list):
        return [expand(item, segments, resolve) for item in value]
    if isinstance(value, str):
        value = resolve(value)
    if isinstance(value, dict) and segments and segments[0] in value:
        value[segments[0]] = expand(value[segments[0]], segments[1:], resolve)
    return value
