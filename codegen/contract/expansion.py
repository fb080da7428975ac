"""Find the paths that `expand` accepts: IDs that can be replaced with objects."""

from codegen.access import SCHEMA_REF, JSONObject

MAX_DEPTH = 4
"""Stripe's limit: https://docs.stripe.com/api/expanding_objects"""


def expandable_paths(
    model: str, components: JSONObject, depth: int = MAX_DEPTH
) -> list[str]:
    """Return every expandable path in a model, including nested objects and lists."""
    paths: set[str] = set()
    if not depth:
        return []
    for name, field in components.get(model, {}).get("properties", {}).items():
        if field.get("x-expandable"):
            paths.add(name)
        for inner in referenced_models(field):
            deeper = expandable_paths(inner, components, depth - 1)
            paths |= {f"{name}.{path}" for path in deeper}
    return sorted(paths)


def referenced_models(field: JSONObject) -> list[str]:
    """Return the names of the schemas that a field refers to directly."""
    choices = [
        field,
        field.get("items", {}),
        *field.get("allOf", []),
        *field.get("anyOf", []),
    ]
    return [
        choice["$ref"].removeprefix(SCHEMA_REF)
        for choice in choices
        if "$ref" in choice
    ]
