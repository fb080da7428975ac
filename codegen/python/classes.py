"""Classes: what the templates write for each named schema of the contract."""

import re
from keyword import iskeyword

from codegen.access import Node, SpecError, mapping, texts
from codegen.contract.keywords import limits_of
from codegen.python.annotations import answer_hint, argument_hint, choices_of, kind_of
from codegen.python.docstrings import docstring

ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
TAKEN = frozenset({
    # What every model has (`financial_connections._decoding.model.Model`).
    *("extra", "from_dict", "misfits", "request_id", "to_dict"),
    # What the hints and defaults in a class body call by name.
    *("Any", "None", "bool", "define", "dict", "field", "float", "int", "list", "str"),
})  # fmt: skip
MODULE_NAMES = frozenset({
    *("Any", "False", "Literal", "Mapping", "Model", "None", "OpenEnum", "Request", "RequestOptions"),
    *("Required", "Sender", "Sequence", "True", "TypeAlias", "TypedDict"),
})  # fmt: skip
CLASS = re.compile(r"[A-Z][A-Za-z0-9]*")


def class_of(name: str, components: Node, *, asked: bool) -> Node | None:
    """What a template needs to write the class; None for a schema that is no more than
    a spelling.
    """
    place = f"components.schemas.{name}"
    schema = mapping(components[name], place)
    kind = kind_of(schema)
    if kind == "alias":
        return None
    if not CLASS.fullmatch(name) or name in MODULE_NAMES:
        raise SpecError(f"{place}: {name!r} cannot be the name of a class")
    doc = docstring(schema.get("description")) or docstring(f"`{name}` of the API.")
    if kind == "choice":
        values = texts(schema["enum"], f"{place}.enum")
        members = members_of(
            values,
            mapping(
                schema.get("x-enumDescriptions", {}), f"{place}.x-enumDescriptions"
            ),
            place,
        )
        return {"kind": "literal" if asked else "enum", "doc": doc, "members": members}
    every = [
        field_of(key, schema, components, place, asked=asked)
        for key in mapping(schema["properties"], f"{place}.properties")
    ]
    fields = [one for one in every if one["usable"]]
    return {
        "kind": "dict" if asked else "model",
        "doc": doc,
        "fields": fields,
        "extra": [one for one in every if not one["usable"]],
        "uses": used(" ".join(one["hint"] for one in fields), components),
    }


def used(hints: str, components: Node) -> list[str]:
    """The names in some hints, ours and typing's."""
    words = set(re.findall(r"\w+", hints))
    return sorted(
        word
        for word in words
        if word in components or word in {"Any", "Mapping", "Sequence", "datetime"}
    )


def field_of(
    key: str, schema: Node, components: Node, place: str, *, asked: bool
) -> Node:
    """One field. One whose name is not usable for an attribute of ours stays reachable
    through `extra` only.
    """
    where = f"{place}.properties.{key}"
    inner = mapping(schema["properties"][key], where)
    is_name = ATTRIBUTE.fullmatch(key) is not None and not iskeyword(key)
    if asked and not is_name:
        raise SpecError(f"{where}: {key!r} cannot be a key of a typed dictionary")
    return {
        "name": key,
        "hint": (argument_hint if asked else answer_hint)(inner, components, where),
        "doc": docstring(inner.get("description")),
        "required": key in texts(schema.get("required", []), f"{place}.required"),
        "nullable": inner.get("nullable") is True,
        "constant": inner.get("x-const"),
        "limits": limits_of(inner, where),
        "hidden": not is_shown(key, inner, where),
        "usable": is_name and (asked or (key not in TAKEN and key not in components)),
    }


def is_shown(key: str, schema: Node, place: str) -> bool:
    """Whether a repr may show the field: never a name, an address, an amount or a
    secret.
    """
    choices = choices_of(schema, place)
    inner = [
        leaf for one in choices for leaf in choices_of(one.get("items", one), place)
    ]
    plain = any(
        one.get("type") == "boolean" or one.get("format") == "unix-time"
        for one in choices
    )
    return key in {"id", "object"} or plain or any("$ref" in one for one in inner)


def members_of(values: list[str], prose: Node, place: str) -> list[Node]:
    """The members of an enum, each with a name that no other has."""
    members: dict[str, Node] = {}
    for value in values:
        name = member_name(value)
        if name in members:
            raise SpecError(
                f"{place}.enum: {members[name]['value']} and {value!r} would both be called {name}"
            )
        members[name] = {
            "name": name,
            "wire": value,
            "value": ascii(value),
            "doc": docstring(prose.get(value)),
        }
    return list(members.values())


def member_name(value: str) -> str:
    """`us_bank_account` → `US_BANK_ACCOUNT`; whatever starts with no letter gets one."""
    name = re.sub(r"[^A-Z0-9]+", "_", value.upper()).strip("_")
    if not name:
        return "EMPTY" if not value else "SYMBOL"
    return name if name[0].isalpha() else f"VALUE_{name}"
