"""Reduce an OpenAPI document to Financial Connections.

The result has the paths of Financial Connections and of events, the schemas and event
types of Financial Connections, and the schemas that these reach. Resources of other
products become stubs, because in Stripe's full specification they lead to most of the
other schemas.
"""

import re
from collections.abc import Iterable, Iterator

from codegen.access import JSONObject, Node, component

PREFIX = "/v1/financial_connections/"
EVENTS = re.compile(r"/v1/events(/\{\w+\})?")
"""Paths at which all products' events can be read."""
RESOURCES = ("financial_connections.", "deleted_financial_connections.")
EVENT = "event"
VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")
SNAPSHOT_EVENT = re.compile(r"financial_connections\..+")
THIN_EVENT = re.compile(r"v\d+\.financial_connections\..+")
ERROR_CODE = re.compile(r"financial_connections_.+")
WEBHOOK_ENDPOINTS = re.compile(r"/v1/webhook_endpoints(/\{\w+\})?")
FACTS = {
    "x-webhook-events": SNAPSHOT_EVENT,
    "x-thin-events": THIN_EVENT,
    "x-error-codes": ERROR_CODE,
}
"""Keys of a slice for facts that are in other products' parts of the document.

A document can also have these keys itself.
"""


def slice_document(document: object) -> JSONObject:
    """Return the Financial Connections part of an OpenAPI document."""
    root = Node(document)
    openapi = root.get("openapi", "")
    if not openapi.text().startswith("3."):
        raise openapi.error("not an OpenAPI 3 document")
    info = root.child("info")
    version = parse_version(root)
    paths = root.child("paths")
    own_paths = {
        path: paths.mapping()[path]
        for path in sorted(paths.mapping())
        if path.startswith(PREFIX) or EVENTS.fullmatch(path)
    }
    if not any(path.startswith(PREFIX) for path in own_paths):
        raise paths.error(f"no path starts with {PREFIX}")
    schemas = root.child("components", "schemas")
    roots = {*paths.replace(own_paths).references(), *own_schemas(schemas)}
    facts = {
        key: values
        for key, pattern in FACTS.items()
        if (values := matching(pattern, [*listed(root, key), *mentioned(root)]))
    }
    return {
        "openapi": openapi.value,
        "info": {"title": info.get("title", "").text(), "version": version},
        "paths": own_paths,
        "components": {"schemas": reachable_schemas(roots, schemas)},
        **facts,
    }


def parse_version(document: Node) -> str:
    """Return the Stripe API version that a document describes."""
    version = document.child("info").get("version")
    if not VERSION.fullmatch(version.text()):
        raise version.error(
            f"{version.value!r} is not a Stripe API version such as '2023-10-16'"
        )
    return version.text()


def own_schemas(schemas: Node) -> Iterator[str]:
    """Yield the schemas of Financial Connections, even if no path reaches them.

    Some resources occur only in events.
    """
    for name, schema in schemas.items():
        resource = (
            schema.value.get("x-resourceId") if isinstance(schema.value, dict) else None
        )
        if name.startswith(RESOURCES) or str(resource).startswith(RESOURCES):
            yield name


def listed(root: Node, key: str) -> list[str]:
    """Return the strings listed at a key of the document."""
    return root.get(key, []).texts()


def mentioned(root: Node) -> Iterator[str]:
    """Yield the event types and error codes in a document's parts for all products."""
    for path, item in root.child("paths").items():
        if WEBHOOK_ENDPOINTS.fullmatch(path):
            yield from enum_values(item)
    schemas = root.child("components", "schemas")
    if schemas.has("api_errors"):
        fields = schemas.get("api_errors").get("properties", {})
        yield from enum_values(fields.get("code", {}))
    for schema in schemas.values():
        if isinstance(schema.value, dict) and schema.has("x-stripeEvent"):
            yield schema.get("x-stripeEvent").get("type").text()


def enum_values(node: Node) -> Iterator[str]:
    """Yield the strings in every enum at or below a value."""
    if isinstance(node.value, dict):
        for key, value in node.items():
            if key == "enum" and isinstance(value.value, list):
                yield from (text for text in value.value if isinstance(text, str))
            else:
                yield from enum_values(value)
    elif isinstance(node.value, list):
        for element in node.elements():
            yield from enum_values(element)


def matching(pattern: re.Pattern[str], values: Iterable[str]) -> list[str]:
    """Return the sorted values that match, without repetitions."""
    return sorted({value for value in values if pattern.fullmatch(value)})


def reachable_schemas(roots: Iterable[str], schemas: Node) -> JSONObject:
    """Return the schemas reachable from others, with stubs for foreign resources."""
    reachable: JSONObject = {}
    pending = sorted(roots)
    while pending:
        name = pending.pop()
        if name in reachable or not schemas.has(name):
            continue
        schema = component(name, schemas.value[name]).mapping()
        reachable[name] = stub(schema) if is_foreign(schema) else schema
        references = component(name, reachable[name]).references()
        pending.extend(sorted(set(references) - reachable.keys()))
    return dict(sorted(reachable.items()))


def is_foreign(schema: JSONObject) -> bool:
    """Return whether a schema is a resource of another product."""
    resource = schema.get("x-resourceId")
    is_own = resource == EVENT or str(resource).startswith(RESOURCES)
    return isinstance(resource, str) and not is_own


def stub(schema: JSONObject) -> JSONObject:
    """Return the schema of a foreign resource without its fields."""
    return {"type": "object", "x-resourceId": schema["x-resourceId"], "x-stub": True}
