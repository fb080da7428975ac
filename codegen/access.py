"""Reading what was not written by us: every step down checks what is there, and names
the place if it is wrong.
"""

from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]

SCHEMA_REF = "#/components/schemas/"
KINDS = {
    "NoneType": "empty",
    "bool": "a boolean",
    "dict": "a mapping",
    "float": "a number",
    "int": "a number",
    "list": "a list",
    "str": "text",
}


class SpecError(Exception):
    """Why the input cannot be used, in one line that names the place."""


def mapping(node: object, place: str) -> Node:
    """The node, which has to be a mapping with text keys."""
    if not isinstance(node, dict):
        raise SpecError(f"{place}: should be a mapping, is {kind(node)}")
    for key in node:
        if not isinstance(key, str):
            raise SpecError(f"{place}: the key {key!r} should be text")
    return node


def sequence(node: object, place: str) -> list[Any]:
    """The node, which has to be a list."""
    if not isinstance(node, list):
        raise SpecError(f"{place}: should be a list, is {kind(node)}")
    return node


def text(node: object, place: str) -> str:
    """The node, which has to be text."""
    if not isinstance(node, str):
        raise SpecError(f"{place}: should be text, is {kind(node)}")
    return node


def texts(node: object, place: str) -> list[str]:
    """The node, which has to be a list of texts."""
    return [
        text(item, f"{place}[{index}]")
        for index, item in enumerate(sequence(node, place))
    ]


def child(node: Node, key: str, place: str) -> Node:
    """The mapping under the key, which has to be there."""
    if key not in node:
        raise SpecError(f"{place}: has no {key!r}")
    return mapping(node[key], f"{place}.{key}")


def descend(node: Node, place: str, *keys: str) -> Node:
    """The mapping at the end of a path of keys, all of which have to be there."""
    for key in keys:
        node, place = child(node, key, place), f"{place}.{key}"
    return node


def target(reference: object, place: str) -> str:
    """The schema name that a `$ref` points to."""
    path = text(reference, f"{place}.$ref")
    if not path.startswith(SCHEMA_REF):
        raise SpecError(f"{place}: $ref {path!r} does not point into {SCHEMA_REF}")
    return path.removeprefix(SCHEMA_REF)


def targets(node: object, place: str) -> Iterator[str]:
    """The names of all schemas that are referenced anywhere below the node."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield target(node["$ref"], place)
        for key, value in node.items():
            yield from targets(value, f"{place}.{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from targets(value, f"{place}[{index}]")


def kind(node: object) -> str:
    """What a node is, in words for a person."""
    name = type(node).__name__
    return KINDS.get(name, name)
