"""Calls: what the templates write for each operation of the contract."""

import re
from keyword import iskeyword

from codegen.access import Node, SpecError, child, descend, mapping, text, texts
from codegen.contract.operations import JSON, METHODS
from codegen.python.annotations import kind_of, named
from codegen.python.arguments import argument_name, keywords_of
from codegen.python.classes import used
from codegen.python.docstrings import docstring

NAME = re.compile(r"[a-z][a-z0-9_]*")


def calls_of(contract: Node) -> dict[str, Node]:
    """All operations of the contract by name."""
    components = contract["components"]["schemas"]
    calls: dict[str, Node] = {}
    for path, item in child(contract, "paths", "document").items():
        for method, node in mapping(item, f"paths.{path}").items():
            place = f"paths.{path}.{method}"
            if method not in METHODS:
                raise SpecError(f"{place}: this method is not understood")
            call = call_of(method, path, mapping(node, place), components, place)
            if call["name"] in calls:
                raise SpecError(
                    f"{place}.operationId: another operation is called {call['name']!r} already"
                )
            calls[call["name"]] = call
    return calls


def call_of(
    method: str, path: str, operation: Node, components: Node, place: str
) -> Node:
    """One operation."""
    name = clean(operation.get("operationId"), f"{place}.operationId")
    tags = texts(operation.get("tags", []), f"{place}.tags")
    if len(tags) != 1:
        raise SpecError(f"{place}.tags: an operation has one tag")
    ids, arguments = ids_of(path), keywords_of(operation, components, place)
    names = [*(name for _, name in ids), *(one["name"] for one in arguments)]
    if len(set(names)) < len(names):
        raise SpecError(f"{place}: two parameters would have one name")
    answer = answer_of(operation, components, place)
    keys = sorted(arguments, key=lambda one: one["wire"])
    return {
        "name": name,
        "tag": clean(tags[0], f"{place}.tags"),
        "doc": docstring(
            f"{operation.get('summary') or name}\n\n{method.upper()} {path}"
        ),
        "method": method.upper(),
        "path": path,
        "template": ascii(path),
        "ids": ids,
        "arguments": sorted(
            arguments, key=lambda one: (not one["required"], one["wire"])
        ),
        "params": keys,
        "arrays": sorted(key for one in keys for key in one["arrays"]),
        "required": sorted(key for one in keys for key in one["needs"]),
        "answer": answer,
        "uses": used(
            " ".join([answer, *(one["hint"] for one in arguments)]), components
        ),
    }


def ids_of(path: str) -> list[tuple[str, str]]:
    """Return the placeholders of a path, each with the name of its argument."""
    names = re.findall(r"(?<=/)\{([^/]*)\}(?=/|\Z)", path)
    if "{" in re.sub(r"/\{[^/]*\}(?=/|\Z)", "", path):
        raise SpecError(f"paths.{path}: a placeholder is one whole segment")
    return [(name, argument_name(name, f"paths.{path}")) for name in names]


def answer_of(operation: Node, components: Node, place: str) -> str:
    """The model that a call answers with."""
    here = f"{place}.responses.200"
    schema = descend(operation, place, "responses", "200", "content", JSON, "schema")
    if "$ref" not in schema:
        raise SpecError(f"{here}: the answer is no named model")
    name, inner = named(schema, components, here)
    if kind_of(inner) != "object":
        raise SpecError(f"{here}: the answer {name!r} is no model")
    return name


def clean(name: object, place: str) -> str:
    """A name that can be a module and a function."""
    words = text(name, place)
    if not NAME.fullmatch(words) or iskeyword(words):
        raise SpecError(f"{place}: {words!r} cannot be the name of a module")
    return words
