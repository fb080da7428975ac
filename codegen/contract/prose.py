"""Prose: our own words, laid over the contract. What has none, and words for what is
not there, are named.
"""

from codegen.access import Node, child, descend, mapping, sequence, text, texts
from codegen.contract.book import Book, words_of
from codegen.contract.operations import FORM

ORDER = (
    "tags",
    "operationId",
    "summary",
    "description",
    "parameters",
    "requestBody",
    "responses",
)


def described(contract: Node, prose: Node) -> tuple[Node, list[str]]:
    """The contract in our words and in no others, and what is left to write or to drop."""
    book = Book(words_of(prose, ()))
    paths = {
        path: {
            method: operation(node, f"paths.{path}.{method}", book)
            for method, node in inner(item, f"paths.{path}")
        }
        for path, item in inner(contract.get("paths"), "paths")
    }
    components = child(contract, "components", "contract")
    schemas = {
        name: schema(name, node, book)
        for name, node in inner(components.get("schemas"), "components.schemas")
    }
    security = {
        name: said(node, book.on(("security", name)))
        for name, node in inner(
            components.get("securitySchemes", {}), "components.securitySchemes"
        )
    }
    whole = {
        **contract,
        "info": said(child(contract, "info", "contract"), book.on(("info",))),
        "tags": [
            tag(node, f"tags[{at}]", book)
            for at, node in enumerate(sequence(contract.get("tags", []), "tags"))
        ],
        "paths": paths,
        "components": {**components, "schemas": schemas, "securitySchemes": security},
    }
    return whole, book.gaps()


def inner(node: object, place: str) -> list[tuple[str, Node]]:
    """The mappings in a mapping, by key."""
    return [
        (key, mapping(value, f"{place}.{key}"))
        for key, value in mapping(node, place).items()
    ]


def tag(node: object, place: str, book: Book) -> Node:
    """A tag."""
    whole = mapping(node, place)
    return said(whole, book.on(("tags", text(whole.get("name"), f"{place}.name"))))


def said(node: Node, words: str) -> Node:
    """The node with these words as its description, and no others."""
    rest = {key: value for key, value in node.items() if key != "description"}
    return {"description": words, **rest} if words else rest


def operation(node: Node, at: str, book: Book) -> Node:
    """An operation with its parameters, fields and answers."""
    name = text(node.get("operationId"), f"{at}.operationId")
    place = ("operations", name)
    answers = child(node, "responses", at)
    ours = said(node, book.perhaps((*place, "description")))
    ours["summary"] = book.on((*place, "summary"))
    ours["parameters"] = [
        query(name, mapping(one, f"{at}.parameters"), f"{at}.parameters", book)
        for one in sequence(node.get("parameters", []), f"{at}.parameters")
    ]
    if "requestBody" in node:
        ours["requestBody"] = form(
            name, child(node, "requestBody", at), f"{at}.requestBody", book
        )
    ours["responses"] = {
        **answers,
        "200": {
            **child(answers, "200", at),
            "description": book.on((*place, "returns")),
        },
        "default": {
            **child(answers, "default", at),
            "description": book.on(("failure",)),
        },
    }
    return {
        key: ours[key]
        for key in (*ORDER, *sorted(ours.keys() - set(ORDER)))
        if key in ours
    }


def form(name: str, node: Node, at: str, book: Book) -> Node:
    """The form of a POST with its fields."""
    media = descend(node, at, "content", FORM)
    whole = child(media, "schema", at)
    fields = {
        key: said(one, parameter(name, key, book))
        for key, one in inner(whole.get("properties"), at)
    }
    return {
        **node,
        "content": {FORM: {**media, "schema": {**whole, "properties": fields}}},
    }


def query(name: str, node: Node, at: str, book: Book) -> Node:
    """A parameter in the path or the query."""
    return said(node, parameter(name, text(node.get("name"), f"{at}.name"), book))


def parameter(name: str, key: str, book: Book) -> str:
    """What a parameter means, here or wherever it occurs."""
    return book.on(("operations", name, "parameters", key), ("parameters", key))


def schema(name: str, node: Node, book: Book) -> Node:
    """A named schema with its fields and values."""
    place, at = ("schemas", name), f"components.schemas.{name}"
    ours = said(node, book.on((*place, "description")))
    ours.pop("x-enumDescriptions", None)
    if "enum" in node:
        values = texts(node["enum"], f"{at}.enum")
        # What the empty string does (it clears something) is for the field to say.
        words = {
            value: words
            for value in values
            if value and (words := book.on((*place, "values", value)))
        }
        return {**ours, "x-enumDescriptions": words} if words else ours
    fields = {
        key: said(one, book.on((*place, "fields", key), ("fields", key)))
        for key, one in inner(node.get("properties", {}), f"{at}.properties")
    }
    return {**ours, "properties": fields} if fields else ours
