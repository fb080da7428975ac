"""List all named items in a contract, and recognise renamed ones."""

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256

from attrs import Factory, define, frozen

from codegen.python.ir import Class, Contract, Field, Operation

CALLERS = "breaking for callers"
READERS = "breaking for readers"
EVENT = "event type"

Key = tuple[str, str]


@frozen
class Item:
    """An operation, a parameter, a schema, a field or a value."""

    what: str
    name: str
    parent: str
    """The name of the operation or schema that it belongs to, or empty."""
    audience: str
    """Whom it breaks if the item is removed."""
    facts: Mapping[str, object]

    @property
    def key(self) -> Key:
        """The identity of the item within a contract."""
        return self.what, self.name


Items = dict[Key, Item]


def list_items(contract: Contract) -> Items:
    """Return all named items in a contract."""
    items = [
        *list_operations(contract),
        *list_schemas(contract),
        *list_events(contract),
    ]
    return {item.key: item for item in items}


def list_operations(contract: Contract) -> Iterator[Item]:
    """Yield the operations and their parameters."""
    for name, operation in contract.operations.items():
        yield Item("operation", name, "", CALLERS, operation_facts(operation))
        for parameter in operation.arguments:
            facts = {
                "type": parameter.annotation,
                "required": parameter.required,
                **parameter.limits,
            }
            key = f"{name}.{parameter.wire}"
            yield Item("parameter", key, name, CALLERS, facts)


def operation_facts(operation: Operation) -> dict[str, object]:
    """Return the facts about an operation other than its name."""
    return {
        "verb": operation.method,
        "path": operation.path,
        "response": operation.response,
    }


def list_schemas(contract: Contract) -> Iterator[Item]:
    """Yield the schemas with their fields and values."""
    for name, schema in contract.classes.items():
        audience = CALLERS if schema.in_request else READERS
        yield Item("schema", name, "", audience, {"kind": schema.kind})
        for field in (*schema.fields, *schema.extra):
            facts = field_facts(field, schema)
            yield Item("field", f"{name}.{field.name}", name, audience, facts)
        for member in schema.members:
            yield Item("value", f"{name}.{member.value}", name, audience, {})


def list_events(contract: Contract) -> Iterator[Item]:
    """Yield the types of webhook events."""
    for name, event in contract.events.items():
        facts = {"class": event.name, "kind": event.kind, "object": event.model}
        yield Item(EVENT, name, "", READERS, facts)


def field_facts(field: Field, schema: Class) -> dict[str, object]:
    """Return the facts about a field that callers or readers rely on."""
    facts = {"type": field.annotation, "required": field.required}
    if schema.in_request:
        return {**facts, **field.limits}
    formats = {key: value for key, value in field.limits.items() if key == "format"}
    nullable, constant = field.nullable, field.constant
    return {**facts, "nullable": nullable, "constant": constant, **formats}


@define
class Fingerprints:
    """Hashes of a contract's items that do not depend on their names."""

    items: Items
    _known: dict[Key, str] = Factory(dict)
    _children: dict[str, list[Item]] = Factory(dict)

    def __attrs_post_init__(self) -> None:
        for item in self.items.values():
            self._children.setdefault(item.parent, []).append(item)

    def of(self, item: Item) -> str:
        """Return the hash of an item.

        Items that differ only in names or in `required` have the same hash.
        """
        if item.key not in self._known:
            parent = "" if item.what in {"operation", "schema"} else item.parent
            children = [
                (child.what, child.name.removeprefix(item.name), self._unnamed(child))
                for child in self._children.get(item.name, ())
            ]
            facts = self._unnamed(item)
            facts.pop("required", None)
            content = repr((item.what, parent, facts, children))
            self._known[item.key] = sha256(content.encode()).hexdigest()[:12]
        return self._known[item.key]

    def _unnamed(self, item: Item) -> dict[str, object]:
        """Return the facts about an item, with schema names replaced by hashes."""
        facts = dict(item.facts)
        if "path" in facts:
            # The name of the operation is derived from the last word of its path.
            path = str(facts["path"])
            facts["path"] = re.sub(r"[^/{}]+(?=(/\{[^/]*\})?$)", "…", path)
        for key in facts.keys() & {"type", "response"}:
            facts[key] = re.sub(r"\w+", self._hash_schema, str(facts[key]))
        return facts

    def _hash_schema(self, word: re.Match[str]) -> str:
        schema = self.items.get(("schema", word[0]))
        return self.of(schema) if schema else word[0]
