"""Slice: the Financial Connections paths of Stripe's specification and what they reach,
up to a horizon.
"""

import re

from codegen.access import Node, SpecError, child, mapping, targets, text

PREFIX = "/v1/financial_connections/"
VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")


def slice_of(document: object) -> Node:
    """The part of an OpenAPI document that is about Financial Connections."""
    root = mapping(document, "document")
    if not text(root.get("openapi", ""), "openapi").startswith("3."):
        raise SpecError("openapi: this is no OpenAPI 3 document")
    info = child(root, "info", "document")
    version = text(info.get("version"), "info.version")
    if not VERSION.fullmatch(version):
        raise SpecError(
            f"info.version: {version!r} is no Stripe API version such as '2023-10-16'"
        )
    every_path = child(root, "paths", "document")
    paths = {
        path: every_path[path] for path in sorted(every_path) if path.startswith(PREFIX)
    }
    if not paths:
        raise SpecError(f"paths: none starts with {PREFIX}")
    components = child(root, "components", "document")
    schemas = child(components, "schemas", "components")
    return {
        "openapi": root["openapi"],
        "info": {
            "title": text(info.get("title", ""), "info.title"),
            "version": version,
        },
        "paths": paths,
        "components": {"schemas": reached(paths, schemas)},
    }


def reached(paths: Node, schemas: Node) -> Node:
    """The schemas that the paths reach; one beyond the horizon is kept as a stub and
    leads no further.
    """
    kept: Node = {}
    waiting = sorted(set(targets(paths, "paths")))
    while waiting:
        name = waiting.pop()
        if name in kept or name not in schemas:
            continue
        place = f"components.schemas.{name}"
        schema = mapping(schemas[name], place)
        kept[name] = stub(schema) if is_foreign(schema) else schema
        waiting.extend(sorted(set(targets(kept[name], place)) - kept.keys()))
    return dict(sorted(kept.items()))


def is_foreign(schema: Node) -> bool:
    """Whether a schema is a resource of another product: the horizon."""
    resource = schema.get("x-resourceId")
    ours = ("financial_connections.", "deleted_financial_connections.")
    return isinstance(resource, str) and not resource.startswith(ours)


def stub(schema: Node) -> Node:
    """What is left of a foreign resource."""
    return {"type": "object", "x-resourceId": schema["x-resourceId"], "x-stub": True}
