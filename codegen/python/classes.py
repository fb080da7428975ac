"""Turn the schemas of the contract into classes."""

import re
from keyword import iskeyword

from codegen.python.annotations import argument_type, response_type
from codegen.python.docstrings import docstring
from codegen.python.imports import WRITTEN, import_lines
from codegen.python.ir import Class, EnumMember, Field
from codegen.python.schema import Schema, Schemas

ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
CLASS = re.compile(r"[A-Z][A-Za-z0-9]*")
RESERVED_ATTRIBUTES = frozenset({
    # Attributes of every model (`financial_connections._decoding.model.Model`).
    *("extra", "from_dict", "misfits", "request_id", "response", "to_dict"),
    # Names used in annotations and defaults in a class body.
    *("Any", "None", "bool", "dict", "float", "int", "list", "str"),
    *("REQUIRED", "field"),
})  # fmt: skip
RESERVED_CLASSES = frozenset({
    *("Any", "False", "Literal", "Mapping", "Model", "Never", "None", "OpenEnum"),
    *("Pager", "REQUIRED", "Request", "RequestOptions", "Required", "Sender"),
    *("Sequence", "TYPE_CHECKING", "True", "TypeAlias", "TypedDict"),
})  # fmt: skip
SHOWN = {"account", "id", "object", "transaction_refresh"}
SHOWN_TEXTS = {"ErrorDetail": {"code", "doc_url", "param"}}
"""String fields that a repr shows, because they never hold personal data."""


def build_class(
    name: str, schema: Schema, schemas: Schemas, *, in_request: bool
) -> Class | None:
    """Return the class to generate for a named schema, or None if it needs none.

    Args:
        name: Name of the schema.
        schema: The schema.
        schemas: All named schemas.
        in_request: Whether the schema is used in requests.
    """
    if schema.kind == "alias" or name in WRITTEN:
        return None
    if not CLASS.fullmatch(name) or name in RESERVED_CLASSES:
        raise schema.error(f"{name!r} is not a valid class name")
    description = schema.description or f"`{name}` in the API."
    if schema.kind == "choice":
        return Class(
            location=schema.location,
            name=name,
            kind="literal" if in_request else "enum",
            doc=docstring(description, indent=0 if in_request else 4),
            members=tuple(build_members(schema)),
        )
    fields = [
        build_field(key, inner, name, schema, schemas, in_request=in_request)
        for key, inner in schema.properties.items()
    ]
    usable = [
        field
        for field in fields
        if is_usable(field.name, schemas, in_request=in_request)
    ]
    return Class(
        location=schema.location,
        name=name,
        kind="dict" if in_request else "model",
        doc=docstring(description),
        fields=tuple(usable),
        extra=tuple(field for field in fields if field not in usable),
        imports=tuple(import_lines([field.annotation for field in usable], schemas)),
    )


def build_field(
    key: str,
    schema: Schema,
    class_name: str,
    holder: Schema,
    schemas: Schemas,
    *,
    in_request: bool,
) -> Field:
    """Build a field of a class."""
    if in_request and not is_name(key):
        raise schema.error(f"{key!r} cannot be a key of a TypedDict")
    annotate = argument_type if in_request else response_type
    return Field(
        location=schema.location,
        name=key,
        annotation=annotate(schema, schemas),
        doc=docstring(schema.description),
        required=key in holder.required,
        nullable=schema.nullable,
        constant=schema.constant,
        limits=schema.limits,
        hidden=not is_shown(key, class_name, schema),
    )


def is_name(key: str) -> bool:
    """Return whether a field's name is a valid Python name."""
    return ATTRIBUTE.fullmatch(key) is not None and not iskeyword(key)


def is_usable(key: str, schemas: Schemas, *, in_request: bool) -> bool:
    """Return whether a field can be an attribute, not just an entry in `extra`."""
    is_free = key not in RESERVED_ATTRIBUTES and key not in schemas
    return is_name(key) and (in_request or is_free)


def is_shown(key: str, class_name: str, schema: Schema) -> bool:
    """Return whether a repr shows a field.

    IDs, enums, flags, timestamps and models are shown. Other strings and numbers are
    not, because they may be names, addresses, amounts or secrets.
    """
    alternatives = schema.alternatives()
    leaves = [
        leaf
        for alternative in alternatives
        for leaf in (alternative.items or alternative).alternatives()
    ]
    is_harmless = any(
        alternative.type == "boolean" or alternative.limits.get("format") == "unix-time"
        for alternative in alternatives
    )
    is_named = any(leaf.reference for leaf in leaves)
    shown = SHOWN | SHOWN_TEXTS.get(class_name, set())
    return key in shown or is_harmless or is_named


def build_members(schema: Schema) -> list[EnumMember]:
    """Return the members of an enum, whose names must be unique."""
    members: dict[str, EnumMember] = {}
    for value in schema.enum or ():
        name = member_name(value)
        if name in members:
            other = members[name].literal
            raise schema.error(f"{other} and {value!r} would both be called {name}")
        doc = docstring(schema.value_descriptions.get(value, ""))
        members[name] = EnumMember(name=name, value=value, doc=doc)
    return list(members.values())


def member_name(value: str) -> str:
    """Return the name of a member, such as `US_BANK_ACCOUNT` for `us_bank_account`."""
    name = re.sub(r"[^A-Z0-9]+", "_", value.upper()).strip("_")
    if not name:
        return "EMPTY" if not value else "SYMBOL"
    return name if name[0].isalpha() else f"VALUE_{name}"
