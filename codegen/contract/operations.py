"""Rebuild upstream operations in the style of the contract.

In the contract, each operation has our name, one tag, and either a form or a query.
"""

from codegen.access import SCHEMA_REF, JSONObject, Node, component
from codegen.contract.expansion import expandable_paths
from codegen.contract.keywords import is_page
from codegen.contract.names import identifier, operation_name
from codegen.contract.schemas import SchemaNormaliser, Usage
from codegen.contract.slicing import PREFIX

METHODS = ("delete", "get", "post")
OTHER_METHODS = {"head", "options", "patch", "put", "trace"}
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def normalise_paths(paths: Node, schemas: SchemaNormaliser) -> JSONObject:
    """Return the path items of the contract, and add their schemas to `schemas`."""
    result: JSONObject = {}
    seen: dict[str, str] = {}
    for path in sorted(paths.mapping()):
        item = paths.get(path)
        for method in sorted(item.mapping().keys() & OTHER_METHODS):
            raise item.get(method).error("this method is not supported")
        for method in sorted(item.mapping().keys() & set(METHODS)):
            operation = normalise_operation(method, path, item, schemas)
            name = operation["operationId"]
            if name in seen:
                raise item.get(method).error(f"{seen[name]} is already called {name!r}")
            seen[name] = f"{method} {path}"
            result.setdefault(path, {})[method] = operation
    return result


def normalise_operation(
    method: str, path: str, item: Node, schemas: SchemaNormaliser
) -> JSONObject:
    """Build one operation of the contract."""
    upstream = item.child(method)
    parts = tuple(path.removeprefix(PREFIX).removeprefix("/v1/").split("/"))
    response = normalise_response(upstream, schemas)
    is_list = is_page(schemas.components[response])
    by_rule = operation_name(method, parts, is_list=is_list)
    name = schemas.table.name("operations", f"{method} {path}", by_rule)
    expand = expand_items(response, schemas, is_list=is_list)
    parameters = [
        *item.get("parameters", []).elements(),
        *upstream.get("parameters", []).elements(),
    ]
    operation: JSONObject = {
        "tags": [identifier(parts[0])],
        "operationId": name,
        "parameters": normalise_parameters(parameters, name, expand, schemas),
    }
    # Upstream also declares bodies for GET requests, but they are always empty.
    if method != "get" and upstream.has("requestBody"):
        body = upstream.child("requestBody")
        operation |= normalise_body(body, name, expand, schemas)
    reference = upstream.replace({"$ref": f"{SCHEMA_REF}error"})
    failure = schemas.normalise(reference, Usage(name))
    operation["responses"] = {
        "200": json_response({"$ref": SCHEMA_REF + response}),
        "default": json_response(failure),
    }
    return operation


def json_response(schema: JSONObject) -> JSONObject:
    """Return a response with a JSON body."""
    return {"description": "", "content": {JSON: {"schema": schema}}}


def normalise_response(upstream: Node, schemas: SchemaNormaliser) -> str:
    """Return the name of the model in an operation's response."""
    schema = upstream.child("responses", "200", "content", JSON, "schema")
    usage = Usage(f"{upstream.path}.response")
    result = schema.replace(schemas.normalise(schema, usage))
    if not result.has("$ref"):
        raise schema.error("the response is not an object that can be named")
    return result.reference()


def expand_items(
    response: str, schemas: SchemaNormaliser, *, is_list: bool
) -> JSONObject:
    """Return the schema of an `expand` item; known paths become a named enum."""
    paths = expandable_paths(response, schemas.components)
    if not paths or is_list:
        return {"type": "string", "maxLength": 5000}
    name = f"{response}Expand"
    schemas.components[name] = {"type": "string", "enum": paths, "x-open": True}
    return {"$ref": SCHEMA_REF + name}


def normalise_parameters(
    parameters: list[Node],
    operation: str,
    expand: JSONObject,
    schemas: SchemaNormaliser,
) -> list[JSONObject]:
    """Return an operation's path and query parameters, path parameters first."""
    results = []
    for parameter in parameters:
        name = parameter.get("name").text()
        where = parameter.get("in").text()
        if where not in {"path", "query"}:
            raise parameter.get("in").error(
                f"parameters in {where!r} are not supported"
            )
        schema = array_of(expand)
        if name != "expand":
            usage = Usage(f"{operation}.{name}", in_request=True)
            schema = schemas.normalise(parameter.get("schema", {}), usage)
        is_required = where == "path" or parameter.get("required").value is True
        results.append(
            {
                "name": name,
                "in": where,
                "required": is_required,
                **serialisation(schema),
                "schema": schema,
            }
        )
    return sorted(results, key=lambda parameter: (parameter["in"], parameter["name"]))


def normalise_body(
    body: Node, operation: str, expand: JSONObject, schemas: SchemaNormaliser
) -> JSONObject:
    """Return an operation's request body, or an empty dict if it has no fields."""
    schema = body.child("content", FORM, "schema")
    if schema.has("$ref"):
        name = schema.reference()
        if name not in schemas.upstream:
            raise schema.error(f"$ref to {name!r}, which does not exist")
        schema = component(name, schemas.upstream[name])
    properties = schema.get("properties", {})
    usage = Usage(operation, in_request=True)
    fields = {
        name: array_of(expand)
        if name == "expand"
        else schemas.normalise(properties.get(name), usage.field(name))
        for name in sorted(properties.mapping())
    }
    if not fields:
        return {}
    names = schema.get("required", []).texts()
    required = [name for name in fields if name in names]
    form: JSONObject = {
        "type": "object",
        "properties": {name: describable(field) for name, field in fields.items()},
    }
    if required:
        form["required"] = required
    encoding = {
        name: style for name, field in fields.items() if (style := serialisation(field))
    }
    content = {FORM: {"schema": form, "encoding": encoding}}
    return {"requestBody": {"required": bool(required), "content": content}}


def describable(schema: JSONObject) -> JSONObject:
    """Wrap a `$ref`, so that the schema can have a description."""
    return {"allOf": [schema]} if "$ref" in schema else schema


def array_of(items: JSONObject) -> JSONObject:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


def serialisation(schema: JSONObject) -> JSONObject:
    """Return how a parameter is encoded: `key[name]=value` unless it is a scalar."""
    choices = [schema, *schema.get("allOf", []), *schema.get("anyOf", [])]
    is_nested = any(
        "$ref" in choice or choice.get("type") in {"array", "object"}
        for choice in choices
    )
    return {"style": "deepObject", "explode": True} if is_nested else {}
