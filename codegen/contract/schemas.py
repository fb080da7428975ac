"""Rebuild upstream schemas in the style of the contract.

In the contract, every enum and every object with fields is a named component, and null
is written as `nullable`.
"""

from attrs import Factory, define, evolve, frozen

from codegen.access import SCHEMA_REF, JSONObject, Node, component
from codegen.contract.keywords import (
    const_as_enum,
    is_page,
    make_nullable,
    parse_limits,
    parse_types,
    parse_union,
    sort_fields,
)
from codegen.contract.names import (
    OPAQUE,
    TIMESTAMP_RANGE,
    Names,
    list_name,
    long_name,
)
from codegen.contract.slicing import is_foreign

RANGE_KEYS = {"gt", "gte", "lt", "lte"}
MAX_SCHEMAS = 100_000
"""Maximum number of schemas, counting every use. Financial Connections has hundreds."""


@frozen
class Usage:
    """The place where a schema is used, which determines its name."""

    key: str
    """The model or operation, followed by the path of fields."""
    in_request: bool = False
    in_array: bool = False

    def field(self, name: str) -> "Usage":
        """Return the usage of a field's schema."""
        return evolve(self, key=f"{self.key}.{name}", in_array=False)


def named_schemas(upstream: JSONObject) -> list[str]:
    """Return the upstream schemas that become classes, if they have fields.

    Pages are named by their items.
    """
    return [
        name
        for name, schema in upstream.items()
        if name in OPAQUE or not (is_foreign(schema) or is_page(schema))
    ]


@define
class SchemaNormaliser:
    """A converter of upstream schemas that collects the named ones in `components`."""

    upstream: JSONObject
    table: Names = Factory(Names)
    components: JSONObject = Factory(dict)
    names: dict[str, str] = Factory(
        lambda self: self.table.schema_names(named_schemas(self.upstream)),
        takes_self=True,
    )
    """Our class name for each upstream schema."""
    _shared: set[str] = Factory(set)
    """The enums whose name is pinned, which can have several uses."""
    _open: list[str] = Factory(list)
    _count: int = 0

    def normalise(self, schema: Node, usage: Usage) -> JSONObject:
        """Return the schema in the contract's style.

        The result is a `$ref`, a scalar, an array, a map, or a union of these.
        """
        schema = const_as_enum(schema)
        self._count += 1
        if self._count > MAX_SCHEMAS:
            raise schema.error(
                f"more than {MAX_SCHEMAS} schemas; one is probably repeated"
            )
        if schema.has("$ref"):
            result = self._reference(schema, usage)
            is_nullable = schema.get("nullable").value is True
            return make_nullable(result) if is_nullable else result
        types, is_nullable = parse_types(schema)
        members, has_null = parse_union(schema)
        if not members and len(types) > 1:
            members = [schema.replace({**schema.value, "type": name}) for name in types]
        if members:
            result = self._union(members, usage)
        else:
            result = self._single(schema, types[0] if types else "", usage)
        return make_nullable(result) if is_nullable or has_null else result

    def field(self, schema: Node, usage: Usage) -> JSONObject:
        """Return the schema of a field, which can carry a description."""
        schema = const_as_enum(schema)
        values = schema.get("enum")
        if usage.key.endswith(".object") and isinstance(values.value, list):
            constants = values.elements()
            if len(constants) == 1:
                return {"type": "string", "x-const": constants[0].text()}
        result = self.normalise(schema, usage)
        if "$ref" in result:
            result = {"allOf": [result]}
        if schema.has("x-expansionResources"):
            result = {**result, "x-expandable": True}
        return result

    def _single(self, schema: Node, type_name: str, usage: Usage) -> JSONObject:
        if type_name == "object" or (not type_name and schema.has("properties")):
            return self._object(schema, usage)
        if type_name == "array":
            items = self.normalise(
                schema.get("items", {}), evolve(usage, in_array=True)
            )
            return {"type": "array", "items": items, **parse_limits(schema)}
        if schema.has("enum") and type_name in {"", "string"}:
            return self._enum(schema, usage)
        return {"type": type_name, **parse_limits(schema)} if type_name else {}

    def _reference(self, reference: Node, usage: Usage) -> JSONObject:
        name = reference.reference()
        if name not in self.upstream:
            raise reference.error(f"$ref to {name!r}, which does not exist")
        if name in self._open:
            raise reference.error(f"{name!r} contains itself; models must be acyclic")
        schema = component(name, self.upstream[name])
        if is_foreign(schema.mapping()):
            return self._opaque(name, schema)
        inner = Usage(self.names.get(name) or long_name(name))
        if usage.in_request:
            inner = Usage(usage.key, in_request=True)
        self._open.append(name)
        result = self.normalise(schema, inner)
        self._open.pop()
        return result

    def _opaque(self, name: str, schema: Node) -> JSONObject:
        if name not in OPAQUE:
            return {"type": "object", "additionalProperties": True}
        fields = {"id": {"type": "string"}, "object": {"type": "string"}}
        result = {"type": "object", "properties": fields, "additionalProperties": True}
        return self._name(self.names[name], result, schema)

    def _union(self, members: list[Node], usage: Usage) -> JSONObject:
        results: list[JSONObject] = []
        for member in members:
            result = self.normalise(member, usage)
            if result not in results:
                results.append(result)
        # An integer that is an alternative to a timestamp range is also a timestamp.
        if {"$ref": SCHEMA_REF + TIMESTAMP_RANGE} in results:
            for index, result in enumerate(results):
                if result.get("type") == "integer":
                    results[index] = {**result, "format": "unix-time"}
        return results[0] if len(results) == 1 else {"anyOf": results}

    def _enum(self, schema: Node, usage: Usage) -> JSONObject:
        elements = schema.get("enum").elements()
        values = {element.text() for element in elements if element.value is not None}
        # Stripe expresses "can be cleared" as an enum with only the empty string.
        if values == {""} and usage.in_request:
            return {"type": "string", "enum": [""]}
        if values <= {""}:
            return {"type": "string"}
        is_pinned = usage.key in self.table.inline
        name = self._usage_name(usage)
        if is_pinned and name in self._shared:
            values |= {*self.components.pop(name)["enum"]}
        if is_pinned:
            self._shared.add(name)
        return self._name(name, {"type": "string", "enum": sorted(values)}, schema)

    def _object(self, schema: Node, usage: Usage) -> JSONObject:
        properties = schema.get("properties", {})
        if not properties.mapping():
            return self._map(schema, usage)
        if RANGE_KEYS.issuperset(properties.value):
            timestamp = {"type": "integer", "format": "unix-time"}
            fields = {name: dict(timestamp) for name in sorted(properties.value)}
            result: JSONObject = {"type": "object", "properties": fields}
            return self._name(TIMESTAMP_RANGE, result, schema)
        if is_page(schema.value) and not usage.in_request:
            return self._page(schema, usage)
        return self._name(self._usage_name(usage), self._fields(schema, usage), schema)

    def _map(self, schema: Node, usage: Usage) -> JSONObject:
        values = schema.get("additionalProperties")
        is_schema = isinstance(values.value, dict) and values.value
        inner = self.normalise(values, usage) if is_schema else True
        return {"type": "object", "additionalProperties": inner}

    def _page(self, schema: Node, usage: Usage) -> JSONObject:
        data = schema.get("properties").get("data")
        array = data.replace(self.normalise(data, usage.field("data")))
        items = array.get("items", {})
        if not items.has("$ref"):
            raise data.error("the items of a list must be a named schema")
        page = self._fields(schema, usage)
        # Upstream's pattern for `url` is wrong: Stripe also sends `"url": ""`. Dropping
        # it also makes the schemas of all pages of the same items equal.
        page["properties"]["url"] = {"type": "string"}
        return self._name(list_name(items.reference()), page, schema)

    def _fields(self, schema: Node, usage: Usage) -> JSONObject:
        properties = schema.get("properties")
        fields = {
            name: self.field(properties.get(name), usage.field(name))
            for name in sort_fields(properties.mapping())
        }
        required = schema.get("required", []).texts()
        result: JSONObject = {"type": "object", "properties": fields}
        if kept := [name for name in fields if name in required]:
            result["required"] = kept
        return result

    def _usage_name(self, usage: Usage) -> str:
        """Return the name of an enum or object, which may be unnamed upstream."""
        if usage.key in self.names.values():
            return usage.key
        return self.table.inline_name(usage.key, in_array=usage.in_array)

    def _name(self, name: str, result: JSONObject, schema: Node) -> JSONObject:
        if self.components.get(name, result) != result:
            raise schema.error(
                f"another schema is already called {name!r}; name one of them in "
                "openapi/names.yaml"
            )
        self.components[name] = result
        return {"$ref": SCHEMA_REF + name}
