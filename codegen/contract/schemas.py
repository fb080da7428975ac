"""Shapes: each upstream schema rebuilt in the contract's one style; every enum and
object gets a name.
"""

from typing import Any

from attrs import Factory, define, evolve, frozen

from codegen.access import (
    SCHEMA_REF,
    Node,
    SpecError,
    mapping,
    sequence,
    target,
    text,
    texts,
)
from codegen.contract.keywords import (
    as_enum,
    in_order,
    is_page,
    limits_of,
    made_nullable,
    members_of,
    one_enum,
    types_of,
)
from codegen.contract.names import (
    OPAQUE,
    RANGE,
    SPOTS,
    list_name,
    schema_names,
    spot_name,
)
from codegen.contract.slicing import is_foreign

RANGE_KEYS = {"gt", "gte", "lt", "lte"}
MOST = 100_000
"""Schemas shaped, counted at every place they are used; Financial Connections has some
hundreds.
"""


@frozen
class Spot:
    """Where a schema stands: for messages, for its name, and on which side of the wire."""

    place: str
    key: str
    request: bool = False
    many: bool = False

    def under(self, name: str) -> "Spot":
        """The spot of a property."""
        return evolve(
            self,
            place=f"{self.place}.properties.{name}",
            key=f"{self.key}.{name}",
            many=False,
        )


@define
class Shaper:
    """Rebuilds schemas one by one and collects the named ones."""

    upstream: Node
    components: Node = Factory(dict)
    names: dict[str, str] = Factory(
        lambda self: schema_names(self.upstream), takes_self=True
    )
    _open: list[str] = Factory(list)
    _shaped: int = 0

    def shape(self, node: object, spot: Spot) -> Node:
        """The schema in the contract's style: a `$ref`, a scalar, an array, a map, or a
        union of these.
        """
        schema = as_enum(mapping(node, spot.place))
        self._shaped += 1
        if self._shaped > MOST:
            raise SpecError(
                f"{spot.place}: more than {MOST} schemas; something repeats itself"
            )
        if "$ref" in schema:
            shaped = self._reference(target(schema["$ref"], spot.place), spot)
            return made_nullable(shaped) if schema.get("nullable") is True else shaped
        types, nullable = types_of(schema, spot.place)
        members, may_be_null = members_of(schema, spot.place)
        if members:
            shaped = self._union(one_enum(members), spot)
        elif len(types) > 1:
            shaped = self._union([{**schema, "type": name} for name in types], spot)
        else:
            shaped = self._one(schema, types[0] if types else "", spot)
        return made_nullable(shaped) if nullable or may_be_null else shaped

    def _one(self, schema: Node, name: str, spot: Spot) -> Node:
        if name == "object" or (not name and "properties" in schema):
            return self._object(schema, spot)
        if name == "array":
            items = self.shape(
                schema.get("items", {}),
                evolve(spot, place=f"{spot.place}.items", many=True),
            )
            return {"type": "array", "items": items, **limits_of(schema, spot.place)}
        if "enum" in schema and name in {"", "string"}:
            return self._enum(schema, spot)
        return {"type": name, **limits_of(schema, spot.place)} if name else {}

    def _reference(self, upstream: str, spot: Spot) -> Node:
        if upstream not in self.upstream:
            raise SpecError(f"{spot.place}: $ref to {upstream!r}, which is not there")
        if upstream in self._open:
            raise SpecError(
                f"{spot.place}: {upstream!r} contains itself; models have to be acyclic"
            )
        place = f"components.schemas.{upstream}"
        schema = mapping(self.upstream[upstream], place)
        if is_foreign(schema):
            return self._opaque(upstream, place)
        self._open.append(upstream)
        inside = Spot(place, self.names[upstream])
        shaped = self.shape(
            schema,
            evolve(inside, key=spot.key, request=True) if spot.request else inside,
        )
        self._open.pop()
        return shaped

    def _opaque(self, upstream: str, place: str) -> Node:
        if upstream not in OPAQUE:
            return {"type": "object", "additionalProperties": True}
        fields = {"id": {"type": "string"}, "object": {"type": "string"}}
        schema = {"type": "object", "properties": fields, "additionalProperties": True}
        return self._named(self.names[upstream], schema, place)

    def _union(self, members: list[Any], spot: Spot) -> Node:
        shaped: list[Node] = []
        for index, member in enumerate(members):
            one = self.shape(member, evolve(spot, place=f"{spot.place}[{index}]"))
            if one not in shaped:
                shaped.append(one)
        if {"$ref": SCHEMA_REF + RANGE} in shaped:
            shaped = [
                {**one, "format": "unix-time"} if one.get("type") == "integer" else one
                for one in shaped
            ]
        return shaped[0] if len(shaped) == 1 else {"anyOf": shaped}

    def _enum(self, schema: Node, spot: Spot) -> Node:
        choices = [
            value
            for value in sequence(schema["enum"], f"{spot.place}.enum")
            if value is not None
        ]
        values = sorted(set(texts(choices, f"{spot.place}.enum")))
        # Stripe writes "may be cleared" as a choice of nothing but the empty string.
        if values in ([], [""]):
            return {"type": "string"}
        name = spot_name(spot.key, many=spot.many)
        return self._named(name, {"type": "string", "enum": values}, spot.place)

    def _object(self, schema: Node, spot: Spot) -> Node:
        properties = mapping(schema.get("properties", {}), f"{spot.place}.properties")
        if not properties:
            return self._map(schema, spot)
        if RANGE_KEYS.issuperset(properties):
            fields = {
                name: {"type": "integer", "format": "unix-time"}
                for name in sorted(properties)
            }
            return self._named(
                RANGE, {"type": "object", "properties": fields}, spot.place
            )
        if is_page(schema) and not spot.request:
            return self._page(schema, properties, spot)
        return self._named(
            spot_name(spot.key, many=spot.many),
            self._fields(schema, properties, spot),
            spot.place,
        )

    def _map(self, schema: Node, spot: Spot) -> Node:
        values = schema.get("additionalProperties")
        if not isinstance(values, dict) or not values:
            return {"type": "object", "additionalProperties": True}
        shaped = self.shape(
            values, evolve(spot, place=f"{spot.place}.additionalProperties")
        )
        return {"type": "object", "additionalProperties": shaped}

    def _page(self, schema: Node, properties: Node, spot: Spot) -> Node:
        items = self.shape(properties["data"], spot.under("data")).get("items", {})
        if "$ref" not in items:
            raise SpecError(
                f"{spot.place}.properties.data: a list needs items that have a name"
            )
        page = self._fields(schema, properties, spot)
        # Real answers break its pattern (`"url": ""`), all that tells two envelopes of
        # one item apart.
        page["properties"]["url"] = {"type": "string"}
        return self._named(
            list_name(target(items["$ref"], spot.place)), page, spot.place
        )

    def _fields(self, schema: Node, properties: Node, spot: Spot) -> Node:
        fields = {
            name: self._field(properties[name], spot.under(name))
            for name in in_order(properties)
        }
        required = texts(schema.get("required", []), f"{spot.place}.required")
        kept = [name for name in fields if name in required]
        return {
            "type": "object",
            "properties": fields,
            **({"required": kept} if kept else {}),
        }

    def _field(self, node: object, spot: Spot) -> Node:
        schema = as_enum(mapping(node, spot.place))
        values = schema.get("enum")
        if (
            spot.key.endswith(".object")
            and isinstance(values, list)
            and len(values) == 1
        ):
            return {
                "type": "string",
                "x-const": text(values[0], f"{spot.place}.enum[0]"),
            }
        shaped = self.shape(schema, spot)
        field = {"allOf": [shaped]} if "$ref" in shaped else shaped
        return (
            {**field, "x-expandable": True}
            if "x-expansionResources" in schema
            else field
        )

    def _named(self, name: str, schema: Node, place: str) -> Node:
        known = self.components.get(name, schema)
        if "enum" in known and "enum" in schema and name in SPOTS.values():
            schema = {**schema, "enum": sorted({*known["enum"], *schema["enum"]})}
        elif known != schema:
            raise SpecError(
                f"{place}: something else is called {name!r} already; codegen/contract/names.py can tell them apart"
            )
        self.components[name] = schema
        return {"$ref": SCHEMA_REF + name}
