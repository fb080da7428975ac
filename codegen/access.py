"""Access to unvalidated JSON documents, with locations for error messages."""

from collections.abc import Iterator
from typing import Any, TypeVar

from attrs import frozen

JSONObject = dict[str, Any]
Default = TypeVar("Default")

SCHEMA_REF = "#/components/schemas/"
KINDS = {
    "NoneType": "null",
    "bool": "a boolean",
    "dict": "a mapping",
    "float": "a number",
    "int": "a number",
    "list": "a list",
    "str": "a string",
}


class SpecError(Exception):
    """An unusable input. The message is a single line and includes the location."""


@frozen
class Node:
    """A value in a JSON document, together with its location."""

    value: Any
    path: str = ""
    """The keys that lead to the value, such as `info.version`."""
    document: str = ""
    """The name of the file, if error messages may refer to several files."""

    @property
    def location(self) -> str:
        """The location, as shown in error messages."""
        parts = (part for part in (self.document, self.path) if part)
        return ": ".join(parts) or "document"

    def error(self, message: str) -> SpecError:
        """Return an error about this value, for the caller to raise."""
        return SpecError(f"{self.location}: {message}")

    def replace(self, value: Any) -> "Node":
        """Return a node with another value at the same location."""
        return Node(value, self.path, self.document)

    def mapping(self) -> JSONObject:
        """Return the value, which must be a mapping with string keys."""
        if not isinstance(self.value, dict):
            raise self.error(f"expected a mapping, got {kind(self.value)}")
        for key in self.value:
            if not isinstance(key, str):
                raise self.error(f"the key {key!r} is not a string")
        return self.value

    def items(self) -> list[tuple[str, "Node"]]:
        """Return the keys and values of a mapping."""
        return [(key, self._at(key, value)) for key, value in self.mapping().items()]

    def values(self) -> list["Node"]:
        """Return the values of a mapping."""
        return [value for _, value in self.items()]

    def elements(self) -> list["Node"]:
        """Return the elements of a list."""
        if not isinstance(self.value, list):
            raise self.error(f"expected a list, got {kind(self.value)}")
        return [
            Node(value, f"{self.path}[{index}]", self.document)
            for index, value in enumerate(self.value)
        ]

    def text(self) -> str:
        """Return the value, which must be a string."""
        if not isinstance(self.value, str):
            raise self.error(f"expected a string, got {kind(self.value)}")
        return self.value

    def text_or(self, default: Default) -> str | Default:
        """Return the value if it is a string, or else the default."""
        return self.value if isinstance(self.value, str) else default

    def texts(self) -> list[str]:
        """Return the value, which must be a list of strings."""
        return [element.text() for element in self.elements()]

    def get(self, key: str, default: Any = None) -> "Node":
        """Return the value of a key, or the default if it is missing."""
        return self._at(key, self.mapping().get(key, default))

    def child(self, *keys: str) -> "Node":
        """Return the mapping reached by following `keys`, which must all be present."""
        node = self
        for key in keys:
            if key not in node.mapping():
                raise node.error(f"missing key {key!r}")
            node = node.get(key)
            node.mapping()
        return node

    def has(self, key: str) -> bool:
        """Return whether a mapping has the key."""
        return key in self.mapping()

    def reference(self) -> str:
        """Return the name of the schema that the mapping's `$ref` points to."""
        path = self.get("$ref").text()
        if not path.startswith(SCHEMA_REF):
            raise self.error(f"$ref {path!r} does not point into {SCHEMA_REF}")
        return path.removeprefix(SCHEMA_REF)

    def references(self) -> Iterator[str]:
        """Yield the name of every schema referenced at or below this value."""
        if isinstance(self.value, dict):
            if isinstance(self.value.get("$ref"), str):
                yield self.reference()
            for key, value in self.value.items():
                yield from self._at(key, value).references()
        elif isinstance(self.value, list):
            for element in self.elements():
                yield from element.references()

    def _at(self, key: str, value: Any) -> "Node":
        return Node(value, f"{self.path}.{key}".lstrip("."), self.document)


def component(name: str, schema: object) -> Node:
    """Return a named schema as a node."""
    return Node(schema, f"components.schemas.{name}")


def kind(value: object) -> str:
    """Describe the type of a JSON value."""
    name = type(value).__name__
    return KINDS.get(name, name)
