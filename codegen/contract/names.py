"""Derive our names from the upstream names.

The tables pin published names. Everything else is named by the rules below.
"""

import re
from collections.abc import Iterable

from codegen.access import SpecError

SCHEMAS = {
    "account": "StripeAccount",
    "api_errors": "ErrorDetail",
    "bank_connections_resource_accountholder": "AccountHolder",
    "bank_connections_resource_balance_api_resource_cash_balance": "CashBalance",
    "bank_connections_resource_balance_api_resource_credit_balance": "CreditBalance",
    "bank_connections_resource_link_account_session_filters": "SessionFilters",
    "bank_connections_resource_transaction_resource_status_transitions": (
        "StatusTransitions"
    ),
    "customer": "Customer",
    "deleted_account": "StripeAccount",
    "deleted_customer": "Customer",
    "error": "ErrorResponse",
}
"""Our names for upstream schemas that the rules would name differently."""

OPAQUE = ("account", "customer", "deleted_account", "deleted_customer")
"""Resources of other products that become a class with an ID.

All others become objects with arbitrary fields.
"""

INLINE_NAMES = {
    "Account.permissions": "Permission",
    "Account.subscriptions": "SubscribedFeature",
    "Account.supported_payment_method_types": "PaymentMethodType",
    "BalanceRefresh.status": "RefreshStatus",
    "ErrorDetail.type": "ErrorType",
    "OwnershipRefresh.status": "RefreshStatus",
    "Session.permissions": "Permission",
    "Session.prefetch": "PrefetchedFeature",
    "TransactionRefresh.status": "RefreshStatus",
    "create_session.account_holder": "SessionAccountHolder",
    "create_session.account_holder.type": "SessionAccountHolderType",
    "create_session.filters": "SessionAccountFilters",
    "create_session.permissions": "SessionPermission",
    "create_session.prefetch": "SessionPrefetch",
    "list_accounts.account_holder": "AccountHolderFilter",
    "list_transactions.transaction_refresh": "TransactionRefreshFilter",
    "refresh_account.features": "RefreshFeature",
    "subscribe_account.features": "SubscriptionFeature",
    "unsubscribe_account.features": "SubscriptionFeature",
}
"""Names for enums and objects that are unnamed upstream, by where they are used."""

TIMESTAMP_RANGE = "TimestampRange"


def schema_names(upstream: Iterable[str]) -> dict[str, str]:
    """Return our class name for each upstream schema.

    Schemas whose short names would clash get their long names.
    """
    wanted = sorted(upstream)
    names = {name: SCHEMAS[name] for name in wanted if name in SCHEMAS}
    rest = [name for name in wanted if name not in SCHEMAS]
    short_names = [short_name(name) for name in rest]
    pinned = set(SCHEMAS.values())
    for name, short in zip(rest, short_names, strict=True):
        is_ambiguous = short in pinned or short_names.count(short) > 1
        names[name] = long_name(name) if is_ambiguous else short
    return names


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


def inline_name(key: str, *, in_array: bool) -> str:
    """Return the name of an enum or object used at a key such as `Account.permissions`.

    Args:
        key: The model or operation, followed by the path of fields.
        in_array: Whether the enum or object is an array element.
    """
    if key in INLINE_NAMES:
        return INLINE_NAMES[key]
    return pascal(singular(key) if in_array else key)


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
