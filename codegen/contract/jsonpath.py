"""JSONPath as overlays use it: names, indices, wildcards, and a filter by the value of
one key.
"""

import re
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from codegen.access import SpecError

STEP = re.compile(
    r"""
    \.(?P<name>[A-Za-z_][\w-]*)                                # .name
    | \[(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\]             # ['any name']
    | \[(?P<index>\d+)\]                                       # [0]
    | (?P<every>\.\*|\[\*\])                                   # .* or [*]
    | \[\?\(?@\.(?P<key>[\w-]+)\s*==\s*'(?P<value>[^']*)'\)?\]   # [?@.key=='value']
    """,
    re.VERBOSE,
)


@frozen
class Match:
    """A place in a document: what holds it, and under which key."""

    holder: Any
    key: str | int

    @property
    def node(self) -> Any:
        """What stands there."""
        return self.holder[self.key]


def matches(document: Any, path: str) -> list[Match]:
    """Every place in the document that the path selects."""
    if not path.startswith("$"):
        raise SpecError(f"{path!r}: a JSONPath starts with $")
    found = [Match({"$": document}, "$")]
    position = 1
    while position < len(path):
        step = STEP.match(path, position)
        if step is None:
            raise SpecError(f"{path!r}: {path[position:]!r} is not understood")
        found = [inner for one in found for inner in selected(one.node, step)]
        position = step.end()
    return found


def selected(node: Any, step: re.Match[str]) -> Iterator[Match]:
    """The places right below a node that one step selects."""
    keys: Iterator[str | int] = iter(
        node
        if isinstance(node, dict)
        else range(len(node))
        if isinstance(node, list)
        else ()
    )
    wanted: str | int | None = (
        step["name"]
        or step["quoted"]
        or (int(step["index"]) if step["index"] else None)
    )
    for key in keys:
        inner = node[key]
        chosen = (
            step["key"]
            and isinstance(inner, dict)
            and inner.get(step["key"]) == step["value"]
        )
        if step["every"] or chosen or (wanted is not None and key == wanted):
            yield Match(node, key)
