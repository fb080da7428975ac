"""Overlay: apply our corrections to upstream. One that no longer fits, or changes
nothing, is an error.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from codegen.access import Node, SpecError, child, mapping, sequence, text
from codegen.contract.jsonpath import matches

EXPECTATIONS = ("absent", "equals", "lacks")


def applied(document: Node, overlays: Mapping[str, object]) -> Node:
    """The document with every overlay that is meant for it, in the order of their
    names.
    """
    for name in sorted(overlays):
        overlay = mapping(overlays[name], name)
        if is_meant_for(overlay, document, name):
            document = corrected(document, overlay, name)
    return document


def left_out(document: Node, overlays: Mapping[str, object]) -> list[str]:
    """The overlays that are for another upstream: a person has to say whether they have
    become stale.
    """
    others = {name: mapping(overlays[name], name) for name in sorted(overlays)}
    return [
        f"overlay left out: {name} is for {' '.join(str(word) for word in overlay['x-upstream'].values())}"
        for name, overlay in others.items()
        if not is_meant_for(overlay, document, name)
    ]


def is_meant_for(overlay: Node, document: Node, name: str) -> bool:
    """Whether `x-upstream`, where an overlay has it, agrees with the document's `info`."""
    info = mapping(document["info"], "info")
    wanted = mapping(overlay.get("x-upstream", {}), f"{name}: x-upstream")
    return all(info.get(key) == value for key, value in wanted.items())


def corrected(document: Node, overlay: Node, name: str) -> Node:
    """A copy of the document with one overlay applied."""
    if not text(overlay.get("overlay", ""), f"{name}: overlay").startswith("1."):
        raise SpecError(f"{name}: this is no OpenAPI Overlay 1 document")
    child(overlay, "info", name)
    for key in ("x-why", "x-evidence"):
        text(overlay.get(key), f"{name}: {key}")
    expected = sequence(overlay.get("x-expect"), f"{name}: x-expect")
    if not expected:
        raise SpecError(f"{name}: x-expect is empty")
    for index, expectation in enumerate(expected):
        check(
            document,
            mapping(expectation, f"{name}: x-expect[{index}]"),
            f"{name}: x-expect[{index}]",
        )
    changed = deepcopy(document)
    for index, action in enumerate(
        sequence(overlay.get("actions"), f"{name}: actions")
    ):
        act(
            changed,
            mapping(action, f"{name}: actions[{index}]"),
            f"{name}: actions[{index}]",
        )
    if changed == document:
        raise SpecError(f"{name}: useless, upstream says all of it already")
    return changed


def check(document: Node, expectation: Node, place: str) -> None:
    """Stop when upstream no longer says what the overlay was written against."""
    path = text(expectation.get("target"), f"{place}.target")
    kinds = [key for key in EXPECTATIONS if key in expectation]
    if len(kinds) != 1 or len(expectation) != len(kinds) + 1:
        raise SpecError(f"{place}: needs a target and one of {', '.join(EXPECTATIONS)}")
    kind = kinds[0]
    found = [match.node for match in matches(document, path)]
    if kind == "absent":
        if found:
            raise SpecError(f"{place}: stale, upstream has {path} now")
        return
    if not found:
        raise SpecError(f"{place}: stale, upstream has no {path}")
    for node in found:
        if not agrees(node, kind, expectation[kind]):
            raise SpecError(
                f"{place}: stale, {path} no longer {kind} {expectation[kind]!r}, it is {node!r}"
            )


def agrees(node: Any, kind: str, value: Any) -> bool:
    """Whether what stands in upstream is what was expected."""
    if kind == "equals":
        return bool(node == value)
    return isinstance(node, dict | list) and value not in node


def act(document: Node, action: Node, place: str) -> None:
    """One action of an overlay, on a document that is ours to change."""
    path = text(action.get("target"), f"{place}.target")
    found = matches(document, path)
    if not found:
        raise SpecError(f"{place}: stale, upstream has no {path}")
    for match in reversed(found):
        if action.get("remove") is True:
            del match.holder[match.key]
        elif isinstance(match.node, list):
            match.node.append(deepcopy(action.get("update")))
        else:
            merge(
                mapping(match.node, f"{place}: {path}"),
                mapping(action.get("update"), f"{place}.update"),
            )


def merge(into: Node, update: Node) -> None:
    """Lay one mapping over another, all the way down."""
    for key, value in update.items():
        if isinstance(into.get(key), dict) and isinstance(value, dict):
            merge(into[key], value)
        elif isinstance(into.get(key), list) and isinstance(value, list):
            into[key] = [*into[key], *deepcopy(value)]
        else:
            into[key] = deepcopy(value)
