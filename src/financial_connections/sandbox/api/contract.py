"""The OpenAPI contract as the sandbox reads it: which operations there are, what they
take, what they answer.

A request is held against the same file that the client is generated from, so that a
client that strays from it does not pass.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml
from attrs import field, frozen

from financial_connections.sandbox.api.validation import Schema

_NAME = "financial_connections.yaml"
_HERE = Path(__file__).parents[1]


@frozen
class Operation:
    """One operation: `name` is its operationId, `parameters` and `result` are schemas
    without references.
    """

    name: str
    method: str
    path: tuple[str, ...]
    parameters: Schema = field(repr=False)
    result: Schema = field(repr=False)

    def ids_in(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """Return the path parameters, or None when this is another operation's path."""
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
    """The operations, and the API version whose shape they have."""

    version: str
    operations: tuple[Operation, ...]

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation of a request and its path parameters; `path` is
        percent-encoded.
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


@cache
def shipped_contract() -> Contract:
    """Return the contract in this package, or in a checkout the one it is built from."""
    shipped = _HERE / _NAME
    place = shipped if shipped.exists() else _HERE.parents[2] / "openapi" / _NAME
    # libyaml where it is compiled in: ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with place.open("rb") as file:
        return contract_from(yaml.load(file, Loader=loader))  # noqa: S506 - a safe loader either way


def contract_from(document: Mapping[str, Any]) -> Contract:
    """Return what the sandbox needs of an OpenAPI document."""
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
        result=_resolved(document, result),
    )


def _parameters(document: Mapping[str, Any], details: Mapping[str, Any]) -> Schema:
    """The query and the form as one schema: the API reads a parameter from either."""
    content = details.get("requestBody", {}).get("content", {})
    form = _resolved(
        document, content.get("application/x-www-form-urlencoded", {}).get("schema", {})
    )
    query = [item for item in details.get("parameters", ()) if item["in"] == "query"]
    return {
        "type": "object",
        "properties": {
            **{item["name"]: _resolved(document, item["schema"]) for item in query},
            **form.get("properties", {}),
        },
        "required": [item["name"] for item in query if item.get("required")]
        + form.get("required", []),
    }


def _resolved(document: Mapping[str, Any], schema: Any) -> Any:
    """Return a schema with every reference replaced by its target; the contract has no
    cycles.
    """
    if isinstance(schema, list):
        return [_resolved(document, item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _resolved(document, document["components"]["schemas"][name])
    resolved = {
        key: _resolved(document, value)
        for key, value in schema.items()
        if key != "allOf"
    }
    # `allOf` with one member is how 3.0 puts a keyword beside a reference.
    for member in schema.get("allOf", ()):
        resolved = {**_resolved(document, member), **resolved}
    return resolved
