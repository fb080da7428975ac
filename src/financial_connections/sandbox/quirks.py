"""Quirks: violations of the contract that have been seen in real responses."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any, Literal

Quirk = Literal[
    "account_pending",
    "account_is_linked_account",
    "next_refresh_absent",
    "owners_null",
    "session_without_accounts",
    "session_without_permissions",
    "session_url_empty",
    "undefined_currency",
]


def apply_quirks(value: Any, quirks: AbstractSet[Quirk]) -> Any:
    """Return a response body with the quirks applied to every object in it."""
    if not quirks:
        return value
    if isinstance(value, list):
        return [apply_quirks(item, quirks) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {key: apply_quirks(item, quirks) for key, item in value.items()}
    name = inner.get("object")
    for quirk in sorted(quirks):
        kind, change = _CHANGES[quirk]
        if kind in (name, "*"):
            change(inner)
    return inner


def _account_pending(account: dict[str, Any]) -> None:
    refreshes = (
        account.get(f"{feature}_refresh")
        for feature in ("balance", "ownership", "transaction")
    )
    if any(refresh and refresh["status"] == "pending" for refresh in refreshes):
        account["status"] = "pending"


def _undefined_currency(value: dict[str, Any]) -> None:
    for name in ("current", "available", "used"):
        amounts = value.get(name)
        if isinstance(amounts, dict):
            value[name] = {"undefined": sum(amounts.values())}


def _session_url_empty(session: dict[str, Any]) -> None:
    if "accounts" in session:
        session["accounts"]["url"] = ""


_ACCOUNT = "financial_connections.account"
_SESSION = "financial_connections.session"
_CHANGES: dict[Quirk, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "account_pending": (_ACCOUNT, _account_pending),
    "account_is_linked_account": (
        _ACCOUNT,
        lambda account: account.update(object="linked_account"),
    ),
    "next_refresh_absent": (
        "*",
        lambda value: value.pop("next_refresh_available_at", None),
    ),
    "owners_null": (
        "financial_connections.account_ownership",
        lambda ownership: ownership.update(owners=None),
    ),
    "session_without_accounts": (
        _SESSION,
        lambda session: session.pop("accounts", None),
    ),
    "session_without_permissions": (
        _SESSION,
        lambda session: session.pop("permissions", None),
    ),
    "session_url_empty": (_SESSION, _session_url_empty),
    "undefined_currency": ("*", _undefined_currency),
}
