"""JSON values that match the contract's schemas, and values that do not."""

from functools import cache

from hypothesis import strategies as st

from financial_connections import models
from financial_connections._decoding import Model
from tests.support.contract import read_contract

SCHEMAS = read_contract()["components"]["schemas"]
MODELS = {
    name: cls
    for name in SCHEMAS
    if isinstance(cls := getattr(models, name, None), type) and issubclass(cls, Model)
}
"""The class of each schema that is a model."""

_EXAMPLES = {
    "string": "text",
    "integer": 7,
    "number": 1.5,
    "boolean": True,
    "array": [],
    "object": {},
}


def fields_of(name):
    """Return the fields of a model, and True for each that always has a value."""
    schema = SCHEMAS[name]
    return {
        field: field in schema.get("required", ())
        and not inner.get("nullable")
        and bool(_types(inner))
        for field, inner in schema["properties"].items()
    }


def wrong_values(name, field):
    """Return a value of each JSON type that a field of a model may not have."""
    types = _types(SCHEMAS[name]["properties"][field])
    return [value for kind, value in _EXAMPLES.items() if types and kind not in types]


@cache
def objects(name):
    """Return a strategy for objects that match the schema of a model.

    Fields that may be absent or null sometimes are.
    """
    guaranteed = fields_of(name)
    values = {
        field: _values(schema) if guaranteed[field] else st.none() | _values(schema)
        for field, schema in SCHEMAS[name]["properties"].items()
    }
    return st.fixed_dictionaries(
        {field: values[field] for field in values if guaranteed[field]},
        optional={field: values[field] for field in values if not guaranteed[field]},
    )


def _alternatives(schema):
    """Return the schemas without unions and references to other schemas."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if "properties" in SCHEMAS[name]:
            return [SCHEMAS[name] | {"name": name}]
        return _alternatives(SCHEMAS[name])
    members = [*schema.get("allOf", ()), *schema.get("anyOf", ())]
    return [
        alternative for member in members for alternative in _alternatives(member)
    ] or [schema]


def _types(schema):
    """Return the JSON types that a schema allows, or nothing if it allows all."""
    types = {alternative.get("type") for alternative in _alternatives(schema)}
    return set() if None in types else types


def _values(schema):
    return st.one_of(map(_value, _alternatives(schema)))


def _value(schema):
    match schema:
        case {"name": name}:
            return objects(name)
        case {"enum": values}:
            return st.sampled_from(values)
        case {"type": "array", "items": items}:
            return st.lists(_values(items), max_size=2)
        case {"type": "object", "additionalProperties": {} as values} if values:
            return st.dictionaries(st.text(max_size=3), _values(values), max_size=2)
        case {"type": kind}:
            return st.just(_EXAMPLES[kind])
        case _:
            return st.sampled_from(list(_EXAMPLES.values()))
