"""Normalise: the sliced and corrected upstream becomes the contract, still without a
word of prose.
"""

from codegen.access import Node, child
from codegen.contract.operations import paths_of
from codegen.contract.schemas import Shaper

TITLE = "Financial Connections"
SECURITY: Node = {
    "basicAuth": {"type": "http", "scheme": "basic"},
    "bearerAuth": {"type": "http", "scheme": "bearer"},
}


def contract_of(upstream: Node) -> Node:
    """Facts of upstream, names of ours; descriptions are merged in later."""
    schemas = child(child(upstream, "components", "document"), "schemas", "components")
    shaper = Shaper(schemas)
    paths = paths_of(child(upstream, "paths", "document"), shaper)
    tags = sorted(
        {operation["tags"][0] for item in paths.values() for operation in item.values()}
    )
    return {
        "openapi": "3.0.3",
        "info": {"title": TITLE, "version": upstream["info"]["version"]},
        "servers": [{"url": "https://api.stripe.com"}],
        "security": [{name: []} for name in SECURITY],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(shaper.components.items())),
            "securitySchemes": SECURITY,
        },
    }
