"""Parse the parameters in an operation's query or form."""

import re
from keyword import iskeyword

from codegen.access import Node
from codegen.contract.operations import FORM
from codegen.python.annotations import argument_type
from codegen.python.ir import Parameter
from codegen.python.schema import Schema, Schemas, parse_schema, resolve

RESERVED = {
    *("deepcopy", "fetch", "item_paths", "options", "partial", "request"),
    *("self", "sender"),
}
"""Names used inside generated functions."""
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
PLACEHOLDER = re.compile(r"(?<=/)\{([^/]*)\}(?=/|\Z)")


def parse_parameters(operation: Node, schemas: Schemas) -> list[Parameter]:
    """Parse the query parameters or form fields of an operation."""
    parameters = []
    for node in operation.get("parameters", []).elements():
        where = node.get("in")
        if where.value == "path":
            continue
        if where.value != "query":
            raise where.error("only path and query parameters are supported")
        name = node.get("name")
        is_required = node.get("required").value is True
        schema = parse_schema(node.child("schema"))
        parameters.append(
            build_parameter(name, schema, node, schemas, is_required=is_required)
        )
    if operation.has("requestBody"):
        form = operation.child("requestBody", "content", FORM, "schema")
        required = form.get("required", []).texts()
        for key, node in form.get("properties", {}).items():
            schema = parse_schema(node)
            name = node.replace(key)
            is_required = key in required
            parameters.append(
                build_parameter(name, schema, node, schemas, is_required=is_required)
            )
    return sorted(parameters, key=lambda parameter: parameter.wire)


def build_parameter(
    name: Node, schema: Schema, described: Node, schemas: Schemas, *, is_required: bool
) -> Parameter:
    """Build one parameter."""
    wire = name.text()
    own_key = [wire] if is_required else []
    return Parameter(
        location=name.location,
        wire=wire,
        name=argument_name(name),
        annotation=argument_type(schema, schemas),
        required=is_required,
        limits=schema.limits,
        arrays=tuple(array_keys(wire, schema, schemas)),
        required_keys=(*own_key, *required_keys(wire, schema, schemas)),
        clearable_keys=tuple(clearable_keys(wire, schema, schemas)),
        description=described.get("description").text_or(""),
    )


def parse_ids(path: str, operation: Node) -> list[Parameter]:
    """Return the placeholders in a path, in order."""
    node = Node(path, f"paths.{path}")
    if re.search(r"[{}]", PLACEHOLDER.sub("", path)):
        raise node.error("a placeholder must be a whole segment of the path")
    descriptions = {
        parameter.get("name").value: parameter.get("description").text_or("")
        for parameter in operation.get("parameters", []).elements()
        if parameter.get("in").value == "path"
        and isinstance(parameter.get("name").value, str)
    }
    return [
        Parameter(
            location=node.location,
            wire=wire,
            name=argument_name(node.replace(wire)),
            annotation="str",
            required=True,
            limits={},
            arrays=(),
            required_keys=(),
            clearable_keys=(),
            description=descriptions.get(wire, ""),
        )
        for wire in PLACEHOLDER.findall(path)
    ]


def array_keys(key: str, schema: Schema, schemas: Schemas) -> list[str]:
    """Return the keys at or below a parameter whose values are arrays."""
    keys = set()
    for alternative in schema.alternatives():
        if alternative.items is not None:
            keys.add(key)
        for name, field in fields_of(alternative, schemas):
            keys |= {*array_keys(f"{key}[{name}]", field, schemas)}
    return sorted(keys)


def required_keys(key: str, schema: Schema, schemas: Schemas) -> list[str]:
    """Return the keys below a parameter that must be present."""
    keys = set()
    for alternative in schema.alternatives():
        for name, field in fields_of(alternative, schemas):
            inner = f"{key}[{name}]"
            if name in resolve(alternative, schemas).required:
                keys.add(inner)
            keys |= {*required_keys(inner, field, schemas)}
    return sorted(keys)


def clearable_keys(key: str, schema: Schema, schemas: Schemas) -> list[str]:
    """Return the keys at or below a parameter that accept an empty string."""
    keys = set()
    for alternative in schema.alternatives():
        if alternative.enum == ("",):
            keys.add(key)
        for name, field in fields_of(alternative, schemas):
            keys |= {*clearable_keys(f"{key}[{name}]", field, schemas)}
    return sorted(keys)


def fields_of(schema: Schema, schemas: Schemas) -> list[tuple[str, Schema]]:
    """Return the fields of the object that a schema refers to."""
    if not schema.reference:
        return []
    target = resolve(schema, schemas)
    return list(target.properties.items()) if target.kind == "object" else []


def argument_name(name: Node) -> str:
    """Return the Python name of a parameter, with an underscore if it is reserved."""
    wire = name.text()
    if not NAME.fullmatch(wire):
        raise name.error(f"{wire!r} is not a valid parameter name")
    return f"{wire}_" if iskeyword(wire) or wire in RESERVED else wire
