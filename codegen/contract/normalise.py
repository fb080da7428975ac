"""Turn the sliced and corrected upstream into the contract, without descriptions."""

from codegen.access import SCHEMA_REF, JSONObject, Node
from codegen.contract.events import normalise_events
from codegen.contract.names import ERROR_CODE, Names
from codegen.contract.operations import normalise_paths
from codegen.contract.schemas import SchemaNormaliser, Usage
from codegen.contract.slicing import own_schemas

TITLE = "Financial Connections"
SECURITY: JSONObject = {
    "basicAuth": {"type": "http", "scheme": "basic"},
    "bearerAuth": {"type": "http", "scheme": "bearer"},
}


def normalise(upstream: JSONObject, names: Names | None = None) -> JSONObject:
    """Return the contract: the upstream specification with our names.

    Args:
        upstream: The sliced and corrected upstream.
        names: The pinned names, to which new names are added.
    """
    document = Node(upstream)
    components = document.child("components", "schemas")
    schemas = SchemaNormaliser(components.mapping(), names or Names())
    paths = normalise_paths(document.child("paths"), schemas)
    for name in own_schemas(components):
        reference = components.replace({"$ref": SCHEMA_REF + name})
        schemas.normalise(reference, Usage(name))
    events = normalise_events(document, schemas)
    if codes := document.get("x-error-codes", []).texts():
        schemas.components[ERROR_CODE] = {"type": "string", "enum": codes}
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
        **({"x-events": events} if events else {}),
    }
