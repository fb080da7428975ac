"""Derive our names from the upstream names.

`openapi/names.yaml` pins every name that was ever used, so that a published name never
changes. Anything new is named by the rules below, and pinned from then on.
"""

import re
from collections.abc import Iterable, Mapping

from attrs import Factory, define

from codegen.access import Node, SpecError

OPAQUE = {
    "account": "StripeAccount",
    "customer": "Customer",
    "deleted_account": "StripeAccount",
    "deleted_customer": "Customer",
    "token": "Token",
}
"""Resources of other products that become a class with an ID.

All others become objects with arbitrary fields.
"""

EVENTS = {
    "event": "SnapshotEvent",
    "notification_event_data": "UnknownEventData",
    "notification_event_request": "EventRequest",
}
"""Schemas whose classes are written by hand, because thin events share them.

They are in `financial_connections._events`.
"""

TIMESTAMP_RANGE = "TimestampRange"
ERROR_CODE = "ErrorCode"

Table = Mapping[str, str]
TABLES = ("schemas", "inline", "operations", "events")


@define
class Names:
    """The pinned names, and the new names, which are given by rules.

    A person may change a pinned name until it is released.
    """

    schemas: Table = Factory(dict)
    """Class of each upstream schema."""
    inline: Table = Factory(dict)
    """Name of each enum and object that is unnamed upstream, by where it is used."""
    operations: Table = Factory(dict)
    """Function of each operation, such as `get /v1/financial_connections/accounts`."""
    events: Table = Factory(dict)
    """Class of each event type."""
    new: dict[str, dict[str, str]] = Factory(dict)
    """The names that are not pinned yet, by table and key."""

    def name(self, table: str, key: str, by_rule: str) -> str:
        """Return the pinned name, or pin and return the name given by a rule."""
        pinned: Table = getattr(self, table)
        if key in pinned:
            return pinned[key]
        return self.new.setdefault(table, {}).setdefault(key, by_rule)

    def all(self) -> dict[str, dict[str, str]]:
        """Return every table, with the new names added."""
        return {
            table: dict(
                sorted({**getattr(self, table), **self.new.get(table, {})}.items())
            )
            for table in TABLES
        }

    def schema_names(self, upstream: Iterable[str]) -> dict[str, str]:
        """Return our class name for each upstream schema.

        New schemas whose short names would clash get their long names.
        """
        wanted = sorted(upstream)
        fixed = OPAQUE | EVENTS
        rules = {name: fixed[name] for name in wanted if name in fixed}
        taken = {*self.schemas.values(), *fixed.values()}
        new = [name for name in wanted if name not in {*self.schemas, *fixed}]
        short_names = [short_name(name) for name in new]
        for name, short in zip(new, short_names, strict=True):
            is_ambiguous = short in taken or short_names.count(short) > 1
            rules[name] = long_name(name) if is_ambiguous else short
        return {
            name: self.name("schemas", name, rules.get(name, "")) for name in wanted
        }

    def inline_name(self, key: str, *, in_array: bool) -> str:
        """Return the name of an enum or object used at a key.

        Args:
            key: The model or operation and the path of fields: `Account.permissions`.
            in_array: Whether the enum or object is an array element.
        """
        return self.name("inline", key, pascal(singular(key) if in_array else key))


def parse_names(document: Node) -> Names:
    """Parse the tables in names.yaml."""
    for key in document.mapping().keys() - set(TABLES):
        raise document.get(key).error("there is no such table of names")
    schemas, inline, operations, events = (
        {key: name.text() for key, name in document.get(table, {}).items()}
        for table in TABLES
    )
    return Names(schemas, inline, operations, events)


def short_name(upstream: str) -> str:
    """Return `X` for `bank_connections_resource_balance_api_resource_x`."""
    return long_name(_without_prefix(upstream).rsplit("_api_resource_", 1)[-1])


def long_name(upstream: str) -> str:
    """Return `BalanceX` for `bank_connections_resource_balance_api_resource_x`."""
    return pascal(re.sub(r"(_api)?_resource_", "_", _without_prefix(upstream)))


def _without_prefix(upstream: str) -> str:
    name = re.sub(
        r"^(deleted_)?(financial_connections\.|bank_connections_resource_)",
        r"\1",
        upstream,
    )
    for theirs, ours in (
        ("link_account_session", "session"),
        ("linked_account", "account"),
    ):
        name = name.replace(theirs, ours)
    return name


def list_name(item: str) -> str:
    """Return the name of a page of items."""
    return f"{item}List"


def operation_name(method: str, path: tuple[str, ...], *, is_list: bool) -> str:
    """Return `refresh_account` for a POST to `accounts/{account}/refresh`."""
    nouns = [part for part in path if not part.startswith("{")]
    *parents, last = nouns
    owners = [singular(noun) for noun in parents]
    if path[-1].startswith("{"):
        verb = {"get": "retrieve", "post": "update", "delete": "delete"}.get(
            method, method
        )
        return identifier("_".join([verb, *owners, singular(last)]))
    if method == "get":
        return identifier("_".join(["list" if is_list else "retrieve", *owners, last]))
    if len(path) == 1 or singular(last) != last:
        verb = {"post": "create"}.get(method, method)
        return identifier("_".join([verb, *owners, singular(last)]))
    return identifier("_".join([last, *owners]))


def event_name(event: str) -> str:
    """Return `AccountCreated` for `financial_connections.account.created`.

    Thin events of the same name end in `Notification`.
    """
    *version, _, noun, verb = event.split(".")
    name = verb if verb.startswith(f"{noun}_") else f"{noun}.{verb}"
    return pascal(name) + ("Notification" if version else "")


def method_name(operation: str, tag: str) -> str:
    """Return `list_owners` for `list_account_owners` in the group `accounts`."""
    words = operation.split("_")
    group = identifier(tag).split("_")
    for noun in (group, singular(identifier(tag)).split("_")):
        for start in range(1, len(words) - len(noun) + 1):
            if words[start : start + len(noun)] == noun:
                return "_".join(words[:start] + words[start + len(noun) :])
    return operation


def identifier(text: str) -> str:
    """Return the text as a lowercase Python name."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    if not name or name[0].isdigit():
        raise SpecError(f"{text!r}: cannot be turned into a Python name")
    return name


def singular(noun: str) -> str:
    """Return the singular of an English noun: `account` for `accounts`."""
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    if noun.endswith(("sses", "tuses", "xes", "ches", "shes")):
        return noun[:-2]
    return (
        noun[:-1]
        if noun.endswith("s") and not noun.endswith(("ss", "us", "is"))
        else noun
    )


def pascal(text: str) -> str:
    """Return `AccountHolderType` for `account_holder.type`; capitals are kept."""
    parts = [part for part in re.split(r"[^A-Za-z0-9]+", text) if part]
    name = "".join(part[0].upper() + part[1:] for part in parts)
    if not name or name[0].isdigit():
        raise SpecError(f"{text!r}: cannot be turned into a class name")
    return name
