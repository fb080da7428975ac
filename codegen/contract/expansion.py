"""Expansion: which ids an answer can hold as whole objects, as the paths that `expand`
takes.
"""

from codegen.access import SCHEMA_REF, Node

DEPTH = 4
"""Stripe expands no deeper: https://docs.stripe.com/api/expanding_objects"""


def expansion_of(model: str, components: Node, depth: int = DEPTH) -> list[str]:
    """Every expandable path below a model, also through the objects and lists in it."""
    paths: list[str] = []
    for name, field in (
        components.get(model, {}).get("properties", {}).items() if depth else ()
    ):
        if field.get("x-expandable"):
            paths.append(name)
        for inner in inner_models(field):
            paths += [
                f"{name}.{path}" for path in expansion_of(inner, components, depth - 1)
            ]
    return sorted(set(paths))


def inner_models(field: Node) -> list[str]:
    """The names of the schemas a field holds directly."""
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
