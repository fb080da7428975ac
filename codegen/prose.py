"""Prose: our own words, laid over the contract. What has none, and words for what is not there, are named."""

from typing import Any

from attrs import Factory, define

from codegen.checked import Node, SpecError, mapping
from codegen.operations import FORM

Path = tuple[str, ...]


@define
class Book:
    """All that was written, by where it belongs; remembers what was asked for."""

    words: dict[Path, str]
    asked: set[Path] = Factory(set)
    missing: list[Path] = Factory(list)

    def on(self, *places: Path) -> str:
        """The words for the first place that has any; otherwise they are missed at the first of all."""
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
        unused = sorted(self.words.keys() - self.asked)
        absent = [f"no prose for {'.'.join(place)}" for place in sorted(set(self.missing))]
        return absent + [f"prose for nothing: {'.'.join(place)}" for place in unused]


def described(contract: Node, prose: Node) -> tuple[Node, list[str]]:
    """The contract in our words and in no others, and what is left to write or to drop."""
    book = Book(words_of(prose, ()))
    components = contract["components"]
    whole = {
        **contract,
        "info": said(contract["info"], book.on(("info",))),
        "tags": [said(tag, book.on(("tags", tag["name"]))) for tag in contract["tags"]],
        "paths": {
            path: {method: operation(node, book) for method, node in item.items()}
            for path, item in contract["paths"].items()
        },
        "components": {
            "schemas": {name: schema(name, node, book) for name, node in components["schemas"].items()},
            "securitySchemes": {
                name: said(node, book.on(("security", name)))
                for name, node in components["securitySchemes"].items()
            },
        },
    }
    return whole, book.gaps()


def words_of(node: Any, place: Path) -> dict[Path, str]:
    """Every text in prose.yaml by its place."""
    if isinstance(node, str):
        return {place: node.strip()}
    inner = mapping(node, f"prose.yaml: {'.'.join(place)}")
    return {path: words for key, value in inner.items() for path, words in words_of(value, (*place, key)).items()}


def said(node: Node, words: str) -> Node:
    """The node with these words as its description, and no others."""
    rest = {key: value for key, value in node.items() if key != "description"}
    return {"description": words, **rest} if words else rest


def operation(node: Node, book: Book) -> Node:
    """An operation with its parameters, fields and answers."""
    name = node["operationId"]
    place = ("operations", name)
    ours = said(node, book.perhaps((*place, "description")))
    ours["summary"] = book.on((*place, "summary"))
    ours["parameters"] = [said(one, parameter(name, one["name"], book)) for one in node["parameters"]]
    if "requestBody" in node:
        ours["requestBody"] = form(name, node["requestBody"], book)
    ours["responses"] = {
        "200": {**node["responses"]["200"], "description": book.on((*place, "returns"))},
        "default": {**node["responses"]["default"], "description": book.on(("failure",))},
    }
    order = ("tags", "operationId", "summary", "description", "parameters", "requestBody", "responses")
    return {key: ours[key] for key in order if key in ours}


def form(name: str, node: Node, book: Book) -> Node:
    """The form of a POST with its fields."""
    media = node["content"][FORM]
    fields = {key: said(one, parameter(name, key, book)) for key, one in media["schema"]["properties"].items()}
    return {**node, "content": {FORM: {**media, "schema": {**media["schema"], "properties": fields}}}}


def parameter(name: str, key: str, book: Book) -> str:
    """What a parameter means, here or wherever it occurs."""
    return book.on(("operations", name, "parameters", key), ("parameters", key))


def schema(name: str, node: Node, book: Book) -> Node:
    """A named schema with its fields and values."""
    place = ("schemas", name)
    ours = said(node, book.on((*place, "description")))
    if "enum" in node:
        values = {value: words for value in node["enum"] if (words := book.perhaps((*place, "values", value)))}
        ours = {key: value for key, value in ours.items() if key != "x-enumDescriptions"}
        return {**ours, "x-enumDescriptions": values} if values else ours
    fields = {
        key: said(one, book.on((*place, "fields", key), ("fields", key)))
        for key, one in node["properties"].items()
    }
    return {**ours, "properties": fields}


def checked(contract: object) -> Node:
    """The contract, shaped well enough to be described."""
    try:
        node = mapping(contract, "contract")
        described(node, {})
    except (KeyError, TypeError, AttributeError) as error:
        raise SpecError(f"contract: is not what this generator writes: {error!r}") from error
    return node
