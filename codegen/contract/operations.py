"""Operations: each upstream path item, rebuilt with our operation ids and tags, one tag
each.
"""

from itertools import chain
from typing import Any

from codegen.access import (
    SCHEMA_REF,
    Node,
    SpecError,
    descend,
    mapping,
    sequence,
    target,
    text,
    texts,
)
from codegen.contract.expansion import expansion_of
from codegen.contract.keywords import is_page
from codegen.contract.names import identifier, operation_name
from codegen.contract.schemas import Shaper, Spot
from codegen.contract.slicing import PREFIX

METHODS = ("delete", "get", "post")
OTHER_METHODS = {"head", "options", "patch", "put", "trace"}
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def paths_of(upstream: Node, shaper: Shaper) -> Node:
    """All path items of the contract. The shaper collects the schemas they need."""
    paths: Node = {}
    seen: dict[str, str] = {}
    for path in sorted(upstream):
        item = mapping(upstream[path], f"paths.{path}")
        for method in sorted(item.keys() & OTHER_METHODS):
            raise SpecError(f"paths.{path}.{method}: this method is not understood")
        for method in sorted(item.keys() & set(METHODS)):
            operation = operation_of(method, path, item, shaper)
            name = operation["operationId"]
            if name in seen:
                raise SpecError(
                    f"paths.{path}.{method}: {seen[name]} is called {name!r} already"
                )
            seen[name] = f"{method} {path}"
            paths.setdefault(path, {})[method] = operation
    return paths


def operation_of(method: str, path: str, item: Node, shaper: Shaper) -> Node:
    """One operation of the contract."""
    place = f"paths.{path}.{method}"
    upstream = mapping(item[method], place)
    parts = tuple(path.removeprefix(PREFIX).strip("/").split("/"))
    answer = answer_of(upstream, place, shaper)
    is_list = is_page(shaper.components[answer])
    name = operation_name(method, parts, is_list=is_list)
    expand = expand_items(answer, shaper, is_list=is_list)
    shared = sequence(item.get("parameters", []), f"paths.{path}.parameters")
    given = [*shared, *sequence(upstream.get("parameters", []), f"{place}.parameters")]
    operation: Node = {
        "tags": [identifier(parts[0])],
        "operationId": name,
        "parameters": parameters_of(given, f"{place}.parameters", name, expand, shaper),
    }
    # Upstream declares bodies on GETs, all of them empty.
    if method != "get" and "requestBody" in upstream:
        operation |= body_of(
            upstream["requestBody"], f"{place}.requestBody", name, expand, shaper
        )
    failure = shaper.shape({"$ref": f"{SCHEMA_REF}error"}, Spot(place, name))
    operation["responses"] = {
        "200": json_of({"$ref": SCHEMA_REF + answer}),
        "default": json_of(failure),
    }
    return operation


def json_of(schema: Node) -> Node:
    """A JSON answer."""
    return {"description": "", "content": {JSON: {"schema": schema}}}


def answer_of(upstream: Node, place: str, shaper: Shaper) -> str:
    """The name of the model that an operation answers with."""
    where = f"{place}.responses.200.content.{JSON}.schema"
    schema = descend(upstream, place, "responses", "200", "content", JSON, "schema")
    shaped = shaper.shape(schema, Spot(where, f"{place}.answer"))
    if "$ref" not in shaped:
        raise SpecError(f"{where}: the answer is no object that could be given a name")
    return target(shaped["$ref"], where)


def expand_items(answer: str, shaper: Shaper, *, is_list: bool) -> Node:
    """What one item of `expand` may be; the paths that are known get a name."""
    known = expansion_of(answer, shaper.components)
    if not known or is_list:
        return {"type": "string", "maxLength": 5000}
    name = f"{answer}Expand"
    shaper.components[name] = {"type": "string", "enum": known, "x-open": True}
    return {"$ref": SCHEMA_REF + name}


def parameters_of(
    given: list[Any], place: str, operation: str, expand: Node, shaper: Shaper
) -> list[Node]:
    """Path and query parameters, those in the path first."""
    parameters = []
    for index, node in enumerate(given):
        here = f"{place}[{index}]"
        upstream = mapping(node, here)
        name, where = (
            text(upstream.get("name"), f"{here}.name"),
            text(upstream.get("in"), f"{here}.in"),
        )
        if where not in {"path", "query"}:
            raise SpecError(f"{here}.in: a parameter in {where!r} is not understood")
        spot = Spot(f"{here}.schema", f"{operation}.{name}", request=True)
        schema = (
            list_of(expand)
            if name == "expand"
            else shaper.shape(upstream.get("schema", {}), spot)
        )
        required = where == "path" or upstream.get("required") is True
        parameters.append(
            {
                "name": name,
                "in": where,
                "required": required,
                **style_of(schema),
                "schema": schema,
            }
        )
    return sorted(parameters, key=lambda one: (one["in"], one["name"]))


def body_of(
    node: object, place: str, operation: str, expand: Node, shaper: Shaper
) -> Node:
    """The form of a POST."""
    schema = descend(mapping(node, place), place, "content", FORM, "schema")
    if "$ref" in schema:
        name = target(schema["$ref"], place)
        if name not in shaper.upstream:
            raise SpecError(f"{place}: $ref to {name!r}, which is not there")
        place = f"components.schemas.{name}"
        schema = mapping(shaper.upstream[name], place)
    upstream = mapping(schema.get("properties", {}), f"{place}.properties")
    spot = Spot(place, operation, request=True)
    fields = {
        name: list_of(expand)
        if name == "expand"
        else shaper.shape(upstream[name], spot.under(name))
        for name in sorted(upstream)
    }
    if not fields:
        return {}
    asked = texts(schema.get("required", []), f"{place}.required")
    required = [name for name in fields if name in asked]
    form: Node = {
        "type": "object",
        "properties": {name: wrapped(one) for name, one in fields.items()},
    }
    encoding = {name: style for name, one in fields.items() if (style := style_of(one))}
    media = {
        "schema": form | ({"required": required} if required else {}),
        "encoding": encoding,
    }
    return {"requestBody": {"required": bool(required), "content": {FORM: media}}}


def wrapped(schema: Node) -> Node:
    """A schema that can carry a description."""
    return {"allOf": [schema]} if "$ref" in schema else schema


def list_of(items: Node) -> Node:
    """An array schema."""
    return {"type": "array", "items": items}


def style_of(schema: Node) -> Node:
    """How a parameter that is no scalar is spelt: `key[name]=value`, `key[0]=value`."""
    nested = list(chain([schema], schema.get("allOf", []), schema.get("anyOf", [])))
    deep = any(
        "$ref" in one or one.get("type") in {"array", "object"} for one in nested
    )
    return {"style": "deepObject", "explode": True} if deep else {}
