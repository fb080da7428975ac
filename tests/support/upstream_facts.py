"""Compare generated code with the facts of an upstream specification.

This reads the specification on its own, without the generator, so that it finds facts
that the generator dropped. Only names come from the generator's tables.
"""

import importlib
import inspect
import types
import typing
from enum import Enum

PREFIX = "/v1/financial_connections/"
REF = "#/components/schemas/"


def lost_facts(document, names, package):
    """Return a line for each fact of a specification that a package lacks.

    Args:
        document: The specification.
        names: The tables in names.yaml.
        package: The generated package.
    """
    for module in ("api", "events", "models"):
        importlib.import_module(f"{package.__name__}.{module}")
    return [
        *lost_operations(document, names, package),
        *lost_schemas(document, names, package),
        *lost_events(document, names, package),
        *lost_error_codes(document, package),
    ]


def lost_operations(document, names, package):
    for path, item in document["paths"].items():
        if not path.startswith(PREFIX):
            continue
        for method, operation in item.items():
            if method not in {"get", "post", "delete", "put", "patch"}:
                continue
            name = names["operations"].get(f"{method} {path}")
            function = getattr(package.api, name or "", None)
            if function is None:
                yield f"{method} {path}"
                continue
            signature = inspect.signature(function)
            hints = typing.get_type_hints(function)
            for wire, required, schema in parameters(operation, document):
                place = f"{name}({wire})"
                argument = signature.parameters.get(wire)
                if argument is None:
                    yield place
                    continue
                if required != (argument.default is argument.empty):
                    yield f"{place}: required is {required}"
                yield from lost_values(place, schema, hints[wire], document, names)


def parameters(operation, document):
    schemas = document["components"]["schemas"]
    for parameter in operation.get("parameters", []):
        required = parameter.get("required", False)
        yield parameter["name"], required, parameter["schema"]
    content = operation.get("requestBody", {}).get("content", {})
    for media in content.values():
        reference = media["schema"].get("$ref", "").removeprefix(REF)
        schema = schemas.get(reference, media["schema"])
        for name, inner in schema.get("properties", {}).items():
            yield name, name in schema.get("required", []), inner


def lost_schemas(document, names, package):
    schemas = document["components"]["schemas"]
    for name in sorted(own_schemas(document)):
        ours = names["schemas"].get(name)
        cls = getattr(package.models, ours or "", None)
        if cls is None:
            yield f"schema {name}"
            continue
        yield from lost_fields(ours, schemas[name], cls, document, names)


def own_schemas(document):
    """Return the names of the schemas that Financial Connections consists of."""
    schemas = document["components"]["schemas"]
    found, seen = set(), set()
    pending = [name for name in schemas if name.startswith("financial_connections.")]
    for path, item in document["paths"].items():
        if path.startswith(PREFIX):
            pending += list(references([op.get("responses") for op in item.values()]))
    while pending:
        name = pending.pop()
        schema = schemas.get(name)
        if schema is None or name in seen or is_foreign(schema):
            continue
        seen.add(name)
        if not {"data", "has_more"} <= schema.get("properties", {}).keys():
            found.add(name)
        pending += list(references(schema))
    return found


def is_foreign(schema):
    resource = schema.get("x-resourceId", "financial_connections.")
    return not resource.startswith("financial_connections.")


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].removeprefix(REF)
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def lost_fields(place, schema, cls, document, names):
    hints = typing.get_type_hints(cls)
    for name, field in schema.get("properties", {}).items():
        if name not in hints:
            yield f"{place}.{name}"
            continue
        hint = hints[name]
        can_be_null = field.get("nullable") or name not in schema.get("required", [])
        if bool(can_be_null) != (type(None) in members(hint) or hint is typing.Any):
            yield f"{place}.{name}: nullable is {bool(can_be_null)}, not {hint}"
        yield from lost_values(f"{place}.{name}", field, hint, document, names)


def lost_values(place, schema, hint, document, names):
    """Yield the values that a schema describes and a type hint does not allow."""
    wanted = enum_values(schema)
    if wanted - {schema.get("const")} - allowed_values(hint) and not place.endswith(
        ".object"
    ):
        yield f"{place}: {sorted(wanted - allowed_values(hint))}"
    if "x-expansionResources" in schema and str not in members(hint):
        yield f"{place}: not an ID"
    for inner in inline_objects(schema):
        if inner.keys() <= {"gt", "gte", "lt", "lte"}:
            continue
        classes = [cls for cls in classes_in(hint) if inner.keys() <= keys_of(cls)]
        if not classes:
            yield f"{place}: {sorted(inner)}"


def enum_values(schema):
    """Return the values of the enums in a schema, its items and its alternatives."""
    choices = [*schema.get("anyOf", []), *schema.get("oneOf", [])]
    values = {value for value in schema.get("enum", []) if value is not None}
    for inner in (schema.get("items"), *choices):
        values |= enum_values(inner) if inner else set()
    return values


def inline_objects(schema):
    """Return the properties of unnamed objects in a schema."""
    if "data" in schema.get("properties", {}):
        return []
    choices = [*schema.get("anyOf", []), *schema.get("oneOf", []), schema.get("items")]
    found = [schema["properties"]] if schema.get("properties") else []
    for inner in filter(None, choices):
        found += inline_objects(inner)
    return found


def members(hint):
    """Return the alternatives of a type hint."""
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        return [inner for part in typing.get_args(hint) for inner in members(part)]
    return [hint]


def classes_in(hint):
    for part in members(hint):
        if isinstance(part, type):
            yield part
        for argument in typing.get_args(part):
            yield from classes_in(argument)


def keys_of(cls):
    return getattr(cls, "__annotations__", {}).keys()


def allowed_values(hint):
    """Return the strings that a type hint names, in literals and enums."""
    values = set()
    for part in members(hint):
        if typing.get_origin(part) is typing.Literal:
            values |= set(typing.get_args(part))
        elif isinstance(part, type) and issubclass(part, Enum):
            values |= {member.value for member in part}
        else:
            for argument in typing.get_args(part):
                values |= allowed_values(argument)
    return values


def lost_events(document, names, package):
    for event in sorted(event_types(document)):
        name = names["events"].get(event)
        if not hasattr(package.events, name or ""):
            yield f"event {event}"


def event_types(document):
    found = {*document.get("x-webhook-events", []), *document.get("x-thin-events", [])}
    for path, item in document["paths"].items():
        if path.startswith("/v1/webhook_endpoints"):
            found |= {event for event in strings(item) if "." in event}
    return {
        event
        for event in found
        if event.startswith(("financial_connections.", "v1.financial_connections."))
    }


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def lost_error_codes(document, package):
    codes = set(document.get("x-error-codes", []))
    known = {member.value for member in getattr(package.models, "ErrorCode", ())}
    yield from (f"error code {code}" for code in sorted(codes - known))
