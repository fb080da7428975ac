"""Compare JSON with schemas of the contract."""

from functools import cache
from pathlib import Path

import yaml
from openapi_schema_validator import OAS30Validator

_PATH = Path(__file__).parents[2] / "openapi/financial_connections.yaml"


@cache
def read_contract():
    """Return the contract as it is in the file, which nobody may change."""
    # libyaml's loader, where available, is ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(_PATH.read_bytes(), Loader=loader)


def violations(value, schema):
    """Return the violations of a schema by a response, including unknown fields."""
    invalid = [
        error.message for error in OAS30Validator(with_nulls(schema)).iter_errors(value)
    ]
    return invalid + list(unknown_fields(value, schema, ""))


def with_nulls(schema):
    """Allow null where `nullable` is next to `anyOf`, as OpenAPI 3.0 leaves it open."""
    if isinstance(schema, list):
        return [with_nulls(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: with_nulls(item) for key, item in schema.items()}
    if schema.get("nullable") and "anyOf" in schema:
        schema["anyOf"].append({"nullable": True, "enum": [None]})
    return schema


def unknown_fields(value, schema, location):
    if isinstance(value, list):
        for item in value:
            yield from unknown_fields(item, schema.get("items", {}), location)
    elif isinstance(value, dict) and "additionalProperties" not in schema:
        branches = schema.get("anyOf", [schema])
        known = {
            name: part
            for branch in branches
            for name, part in branch.get("properties", {}).items()
        }
        for name, item in value.items():
            if name not in known and not any(
                "additionalProperties" in branch for branch in branches
            ):
                yield f"{location}.{name} is unknown"
            yield from unknown_fields(item, known.get(name, {}), f"{location}.{name}")
