"""Turn the sliced and corrected upstream into the contract, without descriptions."""

from codegen.access import JSONObject, Node
from codegen.contract.operations import normalise_paths
from codegen.contract.schemas import SchemaNormaliser

TITLE = "Financial Connections"
SECURITY: JSONObject = {
    "basicAuth": {"type": "http", "scheme": "basic"},
    "bearerAuth": {"type": "http", "scheme": "bearer"},
}


def normalise(upstream: JSONObject) -> JSONObject:
    """Return the contract: the upstream specification with our names."""
    document = Node(upstream)
    schemas = SchemaNormaliser(document.child("components", "schemas").mapping())
    paths = normalise_paths(document.child("paths"), schemas)
    tags = {
        operation["tags"][0] for item in paths.values() for operation in item.values()
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": TITLE, "version": upstream["info"]["version"]},
        "servers": [{"url": "https://api.stripe.com"}],
        "security": [{name: []} for name in SECURITY],
        "tags": [{"name": tag} for tag in sorted(tags)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "securitySchemes": SECURITY,
        },
    }
