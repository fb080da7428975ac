"""Parse the schemas of the contract into typed objects."""

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen

from codegen.access import Node, SpecError, component
from codegen.contract.keywords import parse_limits

SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
TYPES = {"", "array", "object", *SCALARS}


@frozen(kw_only=True)
class Schema:
    """A schema of the contract."""

    location: str
    reference: str = ""
    """The name of the schema that a `$ref` points to, or empty."""
    type: str = ""
    """The JSON type, or empty if any value is allowed."""
    items: "Schema | None" = None
    """The elements of an array."""
    values: "Schema | None" = None
    """The values of a map."""
    properties: Mapping[str, "Schema"] = field(factory=dict)
    required: frozenset[str] = frozenset()
    enum: tuple[str, ...] | None = None
    members: tuple["Schema", ...] = ()
    """The members of `allOf` and `anyOf`."""
    nullable: bool = False
    constant: str | None = None
    is_open: bool = False
    """True if values other than those in `enum` may occur."""
    limits: Mapping[str, object] = field(factory=dict)
    description: str = ""
    value_descriptions: Mapping[str, str] = field(factory=dict)

    @property
    def kind(self) -> Literal["choice", "object", "alias"]:
        """The kind of code generated for a named schema, if any."""
        if self.enum is not None:
            return "choice"
        return "object" if self.properties else "alias"

    def alternatives(self) -> list["Schema"]:
        """Return the schema itself, or the members of its (nested) unions."""
        if not self.members:
            return [self]
        return [inner for member in self.members for inner in member.alternatives()]

    def error(self, message: str) -> SpecError:
        """Return an error about this schema, for the caller to raise."""
        return SpecError(f"{self.location}: {message}")


Schemas = Mapping[str, Schema]


def parse_schemas(components: Node) -> dict[str, Schema]:
    """Parse the named schemas of the contract."""
    return {
        name: parse_schema(component(name, schema.value), is_named=True)
        for name, schema in components.items()
    }


def parse_schema(node: Node, *, is_named: bool = False) -> Schema:
    """Parse a schema and everything in it.

    Args:
        node: The schema in the contract.
        is_named: Whether it is a component. Only components can have fields.
    """
    properties = node.get("properties", {})
    type_name = node.get("type", "")
    if type_name.text() not in TYPES:
        raise type_name.error(f"{type_name.value!r} is not a type")
    if type_name.value == "object" and properties.mapping() and not is_named:
        raise node.error("an object with properties must be a named schema")
    values = node.get("additionalProperties")
    is_array = type_name.value == "array"
    is_map = type_name.value == "object" and isinstance(values.value, dict)
    is_enum = type_name.value == "string" and node.has("enum")
    return Schema(
        location=node.location,
        reference=node.reference() if node.has("$ref") else "",
        type=type_name.value,
        items=parse_schema(node.get("items", {})) if is_array else None,
        values=parse_schema(values) if is_map and values.value else None,
        properties={key: parse_schema(inner) for key, inner in properties.items()},
        required=frozenset(node.get("required", []).texts()),
        enum=tuple(node.get("enum").texts()) if is_enum else None,
        members=tuple(
            parse_schema(member)
            for key in ("allOf", "anyOf")
            for member in node.get(key, []).elements()
        ),
        nullable=node.get("nullable").value is True,
        constant=node.get("x-const").text_or(None),
        is_open=node.get("x-open").value is True,
        limits=parse_limits(node),
        description=node.get("description").text_or(""),
        value_descriptions={
            value: text.text_or("")
            for value, text in node.get("x-enumDescriptions", {}).items()
        },
    )


def resolve(schema: Schema, schemas: Schemas) -> Schema:
    """Return the schema that a `$ref` points to."""
    if schema.reference not in schemas:
        raise schema.error(f"$ref to {schema.reference!r}, which does not exist")
    return schemas[schema.reference]
