"""Reduce an OpenAPI document to Financial Connections.

The result has only the Financial Connections paths and the schemas they reach.
Resources of other products become stubs, because in Stripe's full specification they
lead to most of the other schemas.
"""

import re

from codegen.access import JSONObject, Node, component

PREFIX = "/v1/financial_connections/"
VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")


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
        if path.startswith(PREFIX)
    }
    if not own_paths:
        raise paths.error(f"no path starts with {PREFIX}")
    schemas = root.child("components", "schemas")
    return {
        "openapi": openapi.value,
        "info": {"title": info.get("title", "").text(), "version": version},
        "paths": own_paths,
        "components": {"schemas": reachable_schemas(paths.replace(own_paths), schemas)},
    }


def parse_version(document: Node) -> str:
    """Return the Stripe API version that a document describes."""
    version = document.child("info").get("version")
    if not VERSION.fullmatch(version.text()):
        raise version.error(
            f"{version.value!r} is not a Stripe API version such as '2023-10-16'"
        )
    return version.text()


def reachable_schemas(paths: Node, schemas: Node) -> JSONObject:
    """Return the schemas reachable from the paths, with stubs for foreign resources."""
    reachable: JSONObject = {}
    pending = sorted(set(paths.references()))
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
    own = ("financial_connections.", "deleted_financial_connections.")
    return isinstance(resource, str) and not resource.startswith(own)


def stub(schema: JSONObject) -> JSONObject:
    """Return the schema of a foreign resource without its fields."""
    return {"type": "object", "x-resourceId": schema["x-resourceId"], "x-stub": True}
