"""Operations of the OpenAPI contract, with their paths, parameters and results.

The client is generated from the same file, so a client that deviates from the contract
is rejected.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml
from attrs import evolve, field, frozen

from financial_connections.sandbox.api.validation import Schema

_NAME = "financial_connections.yaml"
_PACKAGE = Path(__file__).parents[1]


@frozen
class Operation:
    """An operation of the API.

    `name` is its operationId. References in `parameters` and `result` are resolved.
    """

    name: str
    method: str
    path: tuple[str, ...]
    parameters: Schema = field(repr=False)
    result: Schema = field(repr=False)

    def ids_in(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """Return the path parameters, or None if the path does not match."""
        if len(segments) != len(self.path):
            return None
        ids: dict[str, str] = {}
        for expected, segment in zip(self.path, segments, strict=True):
            if expected.startswith("{"):
                ids[expected[1:-1]] = segment
            elif expected != segment:
                return None
        return ids


@frozen
class Contract:
    """The operations of one API version."""

    version: str
    operations: tuple[Operation, ...]

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation and path parameters of a request, or None.

        `path` is percent-encoded.
        """
        segments = tuple(
            unquote(segment) for segment in path.removeprefix("/").split("/")
        )
        if "" in segments:
            return None
        for operation in self.operations:
            ids = operation.ids_in(segments) if operation.method == method else None
            if ids is not None:
                return operation, ids
        return None


CREATE_CUSTOMER = Operation(
    name="create_customer",
    method="POST",
    path=("v1", "customers"),
    parameters={
        "type": "object",
        "properties": {"email": {"type": "string"}, "name": {"type": "string"}},
    },
    result={"type": "object"},
)
"""The only operation outside the contract: applications need customers."""


@cache
def load_contract() -> Contract:
    """Load the contract from the package or, in a checkout, from `openapi/`."""
    shipped = _PACKAGE / _NAME
    path = shipped if shipped.exists() else _PACKAGE.parents[2] / "openapi" / _NAME
    # libyaml's loader, where available, is ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with path.open("rb") as file:
        document = yaml.load(file, Loader=loader)  # noqa: S506 - both are safe
    contract = contract_from(document)
    return evolve(contract, operations=(*contract.operations, CREATE_CUSTOMER))


def contract_from(document: Mapping[str, Any]) -> Contract:
    """Return the parts of an OpenAPI document that the sandbox needs."""
    operations = tuple(
        _operation(document, path, method, details)
        for path, methods in document["paths"].items()
        for method, details in methods.items()
    )
    return Contract(str(document["info"]["version"]), operations)


def _operation(
    document: Mapping[str, Any], path: str, method: str, details: Mapping[str, Any]
) -> Operation:
    result = details["responses"]["200"]["content"]["application/json"]["schema"]
    return Operation(
        name=details["operationId"],
        method=method.upper(),
        path=tuple(path.removeprefix("/").split("/")),
        parameters=_parameters(document, details),
        result=_resolve(document, result),
    )


def _parameters(document: Mapping[str, Any], details: Mapping[str, Any]) -> Schema:
    """Merge query and form into one schema: the API accepts parameters in either."""
    content = details.get("requestBody", {}).get("content", {})
    form = _resolve(
        document, content.get("application/x-www-form-urlencoded", {}).get("schema", {})
    )
    query = [item for item in details.get("parameters", ()) if item["in"] == "query"]
    return {
        "type": "object",
        "properties": {
            **{item["name"]: _resolve(document, item["schema"]) for item in query},
            **form.get("properties", {}),
        },
        "required": [item["name"] for item in query if item.get("required")]
        + form.get("required", []),
    }


def _resolve(document: Mapping[str, Any], schema: Any) -> Any:
    """Replace every reference in a schema. The contract has no cyclic references."""
    if isinstance(schema, list):
        return [_resolve(document, item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _resolve(document, document["components"]["schemas"][name])
    resolved = {
        key: _resolve(document, value)
        for key, value in schema.items()
        if key != "allOf"
    }
    # In OpenAPI 3.0, a reference can have sibling keywords only inside an `allOf`.
    for member in schema.get("allOf", ()):
        resolved = {**_resolve(document, member), **resolved}
    return resolved
