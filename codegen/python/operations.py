"""Parse the operations of the contract."""

import re
from keyword import iskeyword

from codegen.access import Node
from codegen.contract.operations import JSON, METHODS
from codegen.python.expansion import expand_name
from codegen.python.ir import Operation
from codegen.python.parameters import parse_ids, parse_parameters
from codegen.python.schema import Schema, Schemas, parse_schema, resolve

NAME = re.compile(r"[a-z][a-z0-9_]*")
PAGE_PARAMETERS = {"ending_before", "limit", "starting_after"}
"""Parameters that `Pager` passes to the function that fetches a page."""


def parse_operations(document: Node, schemas: Schemas) -> dict[str, Operation]:
    """Parse the operations of the contract, keyed by name."""
    operations: dict[str, Operation] = {}
    for path, item in document.child("paths").items():
        for method, node in item.items():
            if method not in METHODS:
                raise node.error("this method is not supported")
            operation = parse_operation(method, path, node, schemas)
            if operation.name in operations:
                raise node.get("operationId").error(
                    f"another operation is already called {operation.name!r}"
                )
            operations[operation.name] = operation
    return dict(sorted(operations.items()))


def parse_operation(method: str, path: str, node: Node, schemas: Schemas) -> Operation:
    """Parse one operation."""
    name = parse_name(node.get("operationId"))
    tags = node.get("tags", [])
    if len(tags.texts()) != 1:
        raise tags.error("an operation must have exactly one tag")
    ids = parse_ids(path, node)
    parameters = parse_parameters(node, schemas)
    names = [parameter.name for parameter in (*ids, *parameters)]
    if len(set(names)) < len(names):
        raise node.error("two parameters have the same name")
    response = parse_response(node, schemas)
    is_list = {parameter.wire for parameter in parameters} >= PAGE_PARAMETERS
    item = item_of(schemas[response], schemas) if is_list else ""
    paths = schemas.get(expand_name(item or response))
    return Operation(
        location=node.location,
        name=name,
        tag=parse_name(tags.replace(tags.value[0])),
        method=method.upper(),
        path=path,
        ids=tuple(ids),
        parameters=tuple(parameters),
        response=response,
        item=item,
        expandable=(paths and paths.enum) or (),
        summary=node.get("summary").text_or("") or f"`{name}` in the API.",
        description=node.get("description").text_or(""),
        returns=node.child("responses", "200").get("description").text_or(""),
        raises={
            error: text.text_or("")
            for error, text in node.get("x-raises", {}).items()
            if error.isidentifier()
        },
        source=node.get("externalDocs", {}).get("url").text_or(""),
    )


def parse_response(operation: Node, schemas: Schemas) -> str:
    """Return the name of the model in an operation's response."""
    schema = parse_schema(
        operation.child("responses", "200", "content", JSON, "schema")
    )
    if not schema.reference or resolve(schema, schemas).kind != "object":
        raise schema.error("the response is not a named model")
    return schema.reference


def item_of(page: Schema, schemas: Schemas) -> str:
    """Return the name of the model in a page's `data`, or "" if it is not a page."""
    data = page.properties.get("data")
    if data is None or data.items is None or "has_more" not in page.properties:
        return ""
    item = data.items
    is_model = item.reference and resolve(item, schemas).kind == "object"
    return item.reference if is_model else ""


def parse_name(node: Node) -> str:
    """Return a name that is valid for both a module and a function."""
    name = node.text()
    if not NAME.fullmatch(name) or iskeyword(name):
        raise node.error(f"{name!r} is not a valid module name")
    return name
