"""Parse the keywords of an upstream schema, in OpenAPI 3.0 or 3.1 style."""

from collections.abc import Iterable

from codegen.access import JSONObject, Node

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
UNIONS = ("anyOf", "oneOf", "allOf")
LIMITS: dict[str, tuple[type, ...]] = {
    "format": (str,),
    "pattern": (str,),
    "default": (str, int, float, bool, list, dict, type(None)),
    "minimum": (int, float),
    "maximum": (int, float),
    "minLength": (int,),
    "maxLength": (int,),
    "minItems": (int,),
    "maxItems": (int,),
}
PAGE = {"data", "has_more", "object"}


def parse_types(schema: Node) -> tuple[list[str], bool]:
    """Return the types that a schema allows, and whether it allows null."""
    types = schema.get("type", [])
    names = [types.value] if isinstance(types.value, str) else types.texts()
    for name in names:
        if name not in TYPES:
            raise types.error(f"{name!r} is not a type")
    nullable = "null" in names or schema.get("nullable").value is True
    return [name for name in names if name != "null"], nullable


def const_as_enum(schema: Node) -> Node:
    """Replace `const` from OpenAPI 3.1 with a single-value enum."""
    const = schema.get("const").value
    if not isinstance(const, str):
        return schema
    return schema.replace({"type": "string", "enum": [const], **schema.value})


def parse_union(schema: Node) -> tuple[list[Node], bool]:
    """Return the members of a union without null, and whether null is one of them."""
    kinds = [key for key in UNIONS if schema.has(key)]
    if not kinds:
        return [], False
    union = schema.get(kinds[0])
    members = union.elements()
    if (
        len(kinds) > 1
        or (members and schema.has("properties"))
        or (kinds[0] == "allOf" and len(members) > 1)
    ):
        raise union.error("combinations of schemas are not supported")
    kept = [member for member in members if not is_null(member.value)]
    return merge_enums(kept), len(kept) < len(members)


def is_null(member: object) -> bool:
    """Return whether a union member allows only null."""
    return isinstance(member, dict) and member.get("type") == "null"


def merge_enums(members: list[Node]) -> list[Node]:
    """Merge the unnamed string enums in a union into one.

    Stripe describes an enum that can be cleared as a union of the enum and `""`.
    """
    enums = [
        member
        for member in members
        if isinstance(member.value, dict) and isinstance(member.value.get("enum"), list)
    ]
    if len(enums) <= 1 or {enum.value.get("type") for enum in enums} != {"string"}:
        return members
    values = [value for enum in enums for value in enum.value["enum"]]
    merged = enums[0].replace({**enums[0].value, "enum": values})
    rest = [member for member in members if not any(member is enum for enum in enums)]
    return [merged, *rest]


def parse_limits(schema: Node) -> JSONObject:
    """Return the constraints that are kept in the contract."""
    limits = {}
    for key, types in LIMITS.items():
        if not schema.has(key):
            continue
        limit = schema.get(key)
        if not isinstance(limit.value, types):
            raise limit.error(f"invalid value {limit.value!r}")
        # A default of `[]` or null only means that the value is optional.
        if not isinstance(limit.value, list | dict | None):
            limits[key] = limit.value
    return limits


def make_nullable(schema: JSONObject) -> JSONObject:
    """Return a schema that also allows null."""
    if not schema:
        return schema
    if "$ref" in schema:
        return {"allOf": [schema], "nullable": True}
    return {**schema, "nullable": True}


def sort_fields(names: Iterable[str]) -> list[str]:
    """Sort field names for the contract, with `id` and `object` first."""
    return sorted(names, key=lambda name: (name != "id", name != "object", name))


def is_page(schema: JSONObject) -> bool:
    """Return whether a schema is a page of a list."""
    properties = schema.get("properties")
    return isinstance(properties, dict) and properties.keys() >= PAGE
