"""Apply our corrections to an upstream document.

Each overlay states what it expects upstream to contain. If upstream no longer matches,
or the overlay changes nothing, the overlay is stale: which is an error.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from codegen.access import JSONObject, Node
from codegen.contract.jsonpath import select

EXPECTATIONS = ("absent", "equals", "lacks")


def apply_overlays(document: JSONObject, overlays: Mapping[str, object]) -> JSONObject:
    """Apply all overlays for the document, in order of name."""
    for name in sorted(overlays):
        overlay = Node(overlays[name], document=name)
        if is_for(overlay, document):
            document = apply_overlay(document, overlay)
    return document


def skipped_overlays(document: JSONObject, overlays: Mapping[str, object]) -> list[str]:
    """List the overlays for other upstreams, which must be reviewed by hand."""
    return [
        name
        for name in sorted(overlays)
        if not is_for(Node(overlays[name], document=name), document)
    ]


def is_for(overlay: Node, document: JSONObject) -> bool:
    """Return whether the overlay's `x-upstream`, if any, matches the document."""
    info = Node(document).child("info").mapping()
    wanted = overlay.get("x-upstream", {}).mapping()
    return all(info.get(key) == value for key, value in wanted.items())


def apply_overlay(document: JSONObject, overlay: Node) -> JSONObject:
    """Return a copy of the document with one overlay applied."""
    if not overlay.get("overlay", "").text().startswith("1."):
        raise overlay.error("not an OpenAPI Overlay 1 document")
    overlay.child("info")
    for key in ("x-why", "x-evidence"):
        overlay.get(key).text()
    expectations = overlay.get("x-expect")
    if not expectations.elements():
        raise expectations.error("must not be empty")
    for expectation in expectations.elements():
        check_expectation(document, expectation)
    result = deepcopy(document)
    for action in overlay.get("actions").elements():
        apply_action(result, action)
    if result == document:
        raise overlay.error("stale: it changes nothing")
    return result


def check_expectation(document: JSONObject, expectation: Node) -> None:
    """Raise an error if upstream is no longer what the overlay was written for."""
    path = expectation.get("target").text()
    kinds = [key for key in EXPECTATIONS if expectation.has(key)]
    if len(kinds) != 1 or len(expectation.mapping()) != len(kinds) + 1:
        raise expectation.error(f"needs a target and one of {', '.join(EXPECTATIONS)}")
    kind = kinds[0]
    matches = select(document, path)
    if kind == "absent":
        if matches:
            raise expectation.error(f"stale: upstream now has {path}")
        return
    if not matches:
        raise expectation.error(f"stale: upstream does not have {path}")
    expected = expectation.value[kind]
    for match in matches:
        if not holds(match.value, kind, expected):
            raise expectation.error(
                f"stale: {path} no longer {kind} {expected!r} (it is {match.value!r})"
            )


def holds(value: Any, kind: str, expected: Any) -> bool:
    """Return whether an upstream value meets an expectation."""
    if kind == "equals":
        return bool(value == expected)
    return isinstance(value, dict | list) and expected not in value


def apply_action(document: JSONObject, action: Node) -> None:
    """Apply one action of an overlay to the document in place."""
    path = action.get("target").text()
    matches = select(document, path)
    if not matches:
        raise action.error(f"stale: upstream does not have {path}")
    # In reverse, so that removing an element does not shift the remaining ones.
    for match in reversed(matches):
        if action.get("remove").value is True:
            del match.container[match.key]
        elif isinstance(match.value, list):
            match.value.append(deepcopy(action.get("update").value))
        else:
            update = action.get("update").mapping()
            merge(action.get("target").replace(match.value).mapping(), update)


def merge(target: JSONObject, update: JSONObject) -> None:
    """Merge a mapping into another in place, recursively."""
    for key, value in update.items():
        if isinstance(target.get(key), dict) and isinstance(value, dict):
            merge(target[key], value)
        elif isinstance(target.get(key), list) and isinstance(value, list):
            target[key] = [*target[key], *deepcopy(value)]
        else:
            target[key] = deepcopy(value)
