"""The book of our words: all that prose.yaml says, by where it belongs."""

from typing import Any

from attrs import Factory, define

from codegen.access import mapping

Path = tuple[str, ...]


@define
class Book:
    """All that was written, by where it belongs; remembers what was asked for."""

    words: dict[Path, str]
    asked: set[Path] = Factory(set)
    missing: list[Path] = Factory(list)

    def on(self, *places: Path) -> str:
        """The words for the first place that has any; otherwise they are missed at the
        first of all.
        """
        for place in places:
            if place in self.words:
                self.asked.add(place)
                return self.words[place]
        self.missing.append(places[0])
        return ""

    def perhaps(self, place: Path) -> str:
        """The words for a place that may do without."""
        return self.on(place) if place in self.words else ""

    def gaps(self) -> list[str]:
        """What a person has to write or drop."""
        absent = [
            f"no prose for {'.'.join(place)}" for place in sorted(set(self.missing))
        ]
        used = {
            place[:length] for place in self.asked for length in range(len(place) + 1)
        }
        dead = {branch_of(place, used) for place in self.words.keys() - self.asked}
        return absent + [
            f"prose for nothing: {'.'.join(place)}" for place in sorted(dead)
        ]


def branch_of(place: Path, used: set[Path]) -> Path:
    """The highest place of which nothing was asked for: an operation that is gone is
    one line, not ten.
    """
    branches = (place[:length] for length in range(1, len(place)))
    return next((branch for branch in branches if branch not in used), place)


def words_of(node: Any, place: Path) -> dict[Path, str]:
    """Every text in prose.yaml by its place."""
    if isinstance(node, str):
        return {place: node.strip()}
    below = mapping(node, f"prose.yaml: {'.'.join(place)}")
    return {
        path: words
        for key, value in below.items()
        for path, words in words_of(value, (*place, key)).items()
    }
