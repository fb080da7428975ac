"""Read the reviewed exceptions in openapi/mentions.yaml."""

from collections.abc import Iterator

from attrs import Factory, define

from codegen.access import JSONObject, Node

MENTIONED, LEFT_OUT = "mentioned", "left_out"
PLACES = {MENTIONED: "files", LEFT_OUT: "folders"}
"""The key of the places in each table."""


@define
class Allowlist:
    """The exceptions, with a record of those that were used."""

    tables: dict[str, dict[str, list[str]]]
    """The places by word, in each table."""
    _used: set[tuple[str, str, str]] = Factory(set)

    def allow(self, table: str, word: str, place: str) -> bool:
        """Return whether a table has an exception for a word at a place."""
        is_allowed = place in self.tables[table].get(word, ())
        if is_allowed:
            self._used.add((table, word, place))
        return is_allowed

    def stale(self) -> Iterator[str]:
        """Yield a line for each word with exceptions that were not used."""
        for table, words in self.tables.items():
            for word, places in words.items():
                unused = [
                    place for place in places if (table, word, place) not in self._used
                ]
                if unused:
                    yield f"{table}: {word} in {', '.join(unused)}"


def parse_allowlist(document: JSONObject) -> Allowlist:
    """Parse the exceptions, each of which must have a reason."""
    node = Node(document, document="mentions.yaml")
    for key in node.mapping().keys() - PLACES.keys():
        raise node.get(key).error("there is no such table of exceptions")
    tables: dict[str, dict[str, list[str]]] = {}
    for table, key in PLACES.items():
        tables[table] = {}
        for entry in node.get(table, []).elements():
            if not entry.get("reason", "").text().strip():
                raise entry.error("needs a reason")
            for word in entry.get("names").texts():
                tables[table].setdefault(word, []).extend(entry.get(key).texts())
    return Allowlist(tables)
