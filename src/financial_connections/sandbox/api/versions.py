"""Differences between API versions.

The other modules of this package know every field and parameter that any version has.
`DIFFERENCES` lists those that only some versions have. It is applied to the parameters
that a request may have, and to every response and event.

A version has the fields of the last specification that Stripe published for it, so a
field that was added between two versions belongs to the earlier one.

Source: https://github.com/stripe/stripe-node/blob/master/CHANGELOG.md
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from attrs import field, frozen

from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.api.validation import Schema
from financial_connections.sandbox.api.wire import Request

VERSIONS = (
    "2023-10-16",
    "2024-04-10",
    "2024-06-20",
    "2024-09-30.acacia",
    "2024-10-28.acacia",
    "2024-11-20.acacia",
    "2024-12-18.acacia",
    "2025-01-27.acacia",
    "2025-02-24.acacia",
    "2025-03-31.basil",
    "2025-04-30.basil",
    "2025-05-28.basil",
    "2025-06-30.basil",
    "2025-07-30.basil",
    "2025-08-27.basil",
    "2025-09-30.clover",
    "2025-10-29.clover",
    "2025-11-17.clover",
    "2025-12-15.clover",
    "2026-01-28.clover",
    "2026-02-25.clover",
    "2026-03-25.dahlia",
    "2026-04-22.dahlia",
    "2026-05-27.dahlia",
    "2026-06-24.dahlia",
    "2026-07-29.dahlia",
    "2026-08-26.dahlia",
    "2026-09-30.endive",
    "2026-10-28.endive",
)
"""API versions whose shapes the sandbox knows, oldest first."""


def requested_version(request: Request, newest: str, others: AbstractSet[str]) -> str:
    """Return the version whose shape a request and its response have.

    Args:
        request: The request.
        newest: Version of the contract.
        others: Further versions to accept, which have the shape of the newest one.
    """
    version = request.headers.get("stripe-version", newest)
    if version in {newest, *VERSIONS}:
        return version
    if version in others:
        return newest
    raise APIError(
        message=f"This sandbox supports API versions from {VERSIONS[0]} to"
        f" {newest}, not '{version[:40]}'."
    )


@frozen
class Difference:
    """A field or parameter that only some API versions have."""

    owner: str
    """OperationId of the request, or `object` of the response, that has it."""
    path: str
    """Its path in the owner, such as `filters.country`."""
    since: str = field(default=VERSIONS[0], kw_only=True)
    """First version that has it."""
    until: str | None = field(default=None, kw_only=True)
    """First version that no longer has it."""
    name: str | None = field(default=None, kw_only=True)
    """Its name in responses, if that differs from the last part of `path`."""
    schema: Schema | None = field(default=None, kw_only=True)
    """Schema of a parameter that the contract does not have."""
    required: bool = field(default=False, kw_only=True)
    """If true, the parameter is required. Used only together with `schema`."""

    def applies_to(self, version: str) -> bool:
        """Return whether a version has the field or parameter."""
        return self.since <= version and (self.until is None or version < self.until)


_CREATE, _LIST = "create_session", "list_accounts"
_ACCOUNT, _SESSION = "financial_connections.account", "financial_connections.session"
_COUNTRIES: Schema = {"type": "array", "items": {"type": "string"}}

DIFFERENCES = (
    Difference(
        _CREATE,
        "filters.countries",
        until="2024-04-10",
        schema=_COUNTRIES,
        required=True,
    ),
    Difference(
        _CREATE,
        "filters.countries",
        since="2024-04-10",
        until="2026-09-30.endive",
        schema=_COUNTRIES,
    ),
    Difference(_SESSION, "filters.countries", until="2026-09-30.endive"),
    Difference(
        _ACCOUNT, "ownership_refresh.next_refresh_available_at", since="2024-04-10"
    ),
    Difference(_CREATE, "filters.account_subcategories", since="2024-06-20"),
    Difference(_SESSION, "filters.account_subcategories", since="2024-06-20"),
    Difference(
        _ACCOUNT,
        "settled_account_numbers",
        since="2025-11-17.clover",
        until="2026-09-30.endive",
        name="account_numbers",
    ),
    Difference(_ACCOUNT, "account_numbers", since="2026-09-30.endive"),
    *(
        Difference(owner, "account_holder.customer_account", since="2025-12-15.clover")
        for owner in (_CREATE, _LIST, _ACCOUNT, _SESSION)
    ),
    Difference(_ACCOUNT, "status_details", since="2026-06-24.dahlia"),
    *(
        Difference(owner, path, since="2026-07-29.dahlia")
        for owner in (_CREATE, _SESSION)
        for path in ("filters.require_payment_method_support", "limits", "manual_entry")
    ),
    Difference(_SESSION, "bank_account_token", since="2026-07-29.dahlia"),
    Difference(_SESSION, "filters.country", since="2026-08-26.dahlia"),
    Difference(_CREATE, "filters.country", since="2026-09-30.endive"),
)
"""All differences, in the order in which they were introduced."""

_FIELDS: dict[tuple[str, str], dict[str, Difference]] = {}
"""Differences of fields by owner and parent, and then by name."""
for _difference in DIFFERENCES:
    if _difference.schema is None:
        _parent, _, _name = _difference.path.rpartition(".")
        _FIELDS.setdefault((_difference.owner, _parent), {})[_name] = _difference
_VERSIONED = {_ACCOUNT, _SESSION, "event", "list"}
"""Objects that have differences, or contain objects that do."""


def parameters_at(version: str, operation: str, schema: Schema) -> Schema:
    """Return the schema of an operation's parameters in a version.

    Args:
        version: The API version.
        operation: OperationId of the operation.
        schema: Its parameters in the contract.
    """
    own = [item for item in DIFFERENCES if item.owner == operation]
    current = [item for item in own if item.applies_to(version)]
    return _parameters(
        schema,
        absent={item.path for item in own} - {item.path for item in current},
        added=[item for item in current if item.schema],
    )


def _parameters(
    schema: Schema,
    *,
    absent: AbstractSet[str],
    added: Sequence[Difference],
    prefix: str = "",
) -> Schema:
    if "properties" not in schema:
        return schema
    properties: dict[str, Schema] = {
        name: _parameters(part, absent=absent, added=added, prefix=f"{prefix}{name}.")
        for name, part in schema["properties"].items()
        if prefix + name not in absent
    }
    required: list[str] = [*schema.get("required", ())]
    for item in added:
        parent, _, name = item.path.rpartition(".")
        if item.schema and parent == prefix[:-1]:
            properties[name] = item.schema
            required += [name] if item.required else []
    return {**schema, "properties": properties, "required": required}


def response_at(version: str, value: Any, *, owner: str = "", parent: str = "") -> Any:
    """Return a response or an event in the form that it has in a version.

    The object in a snapshot event always has the form of the event's own version.

    Args:
        version: The API version.
        value: The response, with the fields of all versions.
        owner: `object` of the response that `value` is a part of.
        parent: Path of `value` in its owner.
    """
    if isinstance(value, list) and owner == "list":
        return [response_at(version, item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("object")
    if isinstance(kind, str):
        owner, parent = kind, ""
        version = value["api_version"] if kind == "event" else version
    elif kind is None and (owner, parent) not in _FIELDS:
        return value
    if owner not in _VERSIONED:
        return value
    differences = _FIELDS.get((owner, parent), {})
    result: dict[str, Any] = {}
    for key, item in value.items():
        difference = differences.get(key)
        if difference is None and isinstance(item, dict | list):
            path = f"{parent}.{key}" if parent else key
            result[key] = response_at(version, item, owner=owner, parent=path)
        elif difference is None:
            result[key] = item
        elif difference.applies_to(version):
            # No field with a difference contains another one.
            result[difference.name or key] = item
    return result
