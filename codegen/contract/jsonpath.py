"""Select values by JSONPath, limited to what overlays need.

Names, indices, wildcards and filters on the value of a key are supported.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import frozen

from codegen.access import SpecError

STEP = re.compile(
    r"""
    \.(?P<name>[A-Za-z_][\w-]*)                                # .name
    | \[(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\]             # ['any name']
    | \[(?P<index>\d+)\]                                       # [0]
    | (?P<wildcard>\.\*|\[\*\])                                # .* or [*]
    | \[\?\(?@\.(?P<key>[\w-]+)\s*==\s*'(?P<value>[^']*)'\)?\]   # [?@.key=='value']
    """,
    re.VERBOSE,
)


@frozen
class Match:
    """A selected value, given as its container and its key in that container."""

    container: Any
    key: str | int

    @property
    def value(self) -> Any:
        """The selected value."""
        return self.container[self.key]


def select(document: Any, path: str) -> list[Match]:
    """Return every value in the document that the path selects."""
    if not path.startswith("$"):
        raise SpecError(f"{path!r}: a JSONPath must start with $")
    matches = [Match({"$": document}, "$")]
    position = 1
    while position < len(path):
        step = STEP.match(path, position)
        if step is None:
            raise SpecError(f"{path!r}: unsupported JSONPath: {path[position:]!r}")
        matches = [inner for match in matches for inner in take_step(match.value, step)]
        position = step.end()
    return matches


def take_step(container: Any, step: re.Match[str]) -> Iterator[Match]:
    """Yield the values in a container that one step of a path selects."""
    values: Iterable[tuple[str | int, Any]] = ()
    if isinstance(container, dict):
        values = container.items()
    elif isinstance(container, list):
        values = enumerate(container)
    wanted: str | int | None = step["name"] or step["quoted"]
    if step["index"]:
        wanted = int(step["index"])
    for key, value in values:
        passes_filter = (
            step["key"]
            and isinstance(value, dict)
            and value.get(step["key"]) == step["value"]
        )
        if step["wildcard"] or passes_filter or (wanted is not None and key == wanted):
            yield Match(container, key)
