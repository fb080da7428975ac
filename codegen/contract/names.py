"""Names: how upstream's names become ours. Tables hold the promised ones, rules are for
what comes later.
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
    "bank_connections_resource_transaction_resource_status_transitions": "StatusTransitions",
    "customer": "Customer",
    "deleted_account": "StripeAccount",
    "deleted_customer": "Customer",
    "error": "ErrorResponse",
}
"""Upstream schemas whose name the rules would not find."""

OPAQUE = ("account", "customer", "deleted_account", "deleted_customer")
"""Resources of other products that get a small class of ours; all others are objects of
unknown fields.
"""

SPOTS = {
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
"""Enums and objects that upstream leaves nameless, by where they stand."""

RANGE = "TimestampRange"


def schema_names(upstream: Iterable[str]) -> dict[str, str]:
    """Our class name for each upstream schema. When two would share one, they keep more
    of their own.
    """
    wanted = sorted(upstream)
    names = {name: SCHEMAS[name] for name in wanted if name in SCHEMAS}
    rest = [name for name in wanted if name not in SCHEMAS]
    short = [short_name(name) for name in rest]
    promised = set(SCHEMAS.values())
    for name, brief in zip(rest, short, strict=True):
        names[name] = (
            long_name(name) if brief in promised or short.count(brief) > 1 else brief
        )
    return names


def short_name(upstream: str) -> str:
    """`bank_connections_resource_balance_api_resource_x` → `X`: what follows the last
    `_api_resource_`.
    """
    return long_name(_plain(upstream).rsplit("_api_resource_", 1)[-1])


def long_name(upstream: str) -> str:
    """`bank_connections_resource_balance_api_resource_x` → `BalanceX`."""
    return pascal(re.sub(r"(_api)?_resource_", "_", _plain(upstream)))


def _plain(upstream: str) -> str:
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


def spot_name(key: str, *, many: bool) -> str:
    """The name of an enum or object at a spot such as `Account.permissions` or
    `create_session.filters`.
    """
    if key in SPOTS:
        return SPOTS[key]
    return pascal(singular(key) if many else key)


def list_name(item: str) -> str:
    """The name of a page of items."""
    return f"{item}List"


def operation_name(method: str, path: tuple[str, ...], *, is_list: bool) -> str:
    """`refresh_account` for POST (accounts, {account}, refresh): a verb, then what it
    is about.
    """
    nouns = [part for part in path if not part.startswith("{")]
    *parents, last = nouns
    about = [singular(noun) for noun in parents]
    if path[-1].startswith("{"):
        verb = {"get": "retrieve", "post": "update", "delete": "delete"}.get(
            method, method
        )
        return identifier("_".join([verb, *about, singular(last)]))
    if method == "get":
        return identifier("_".join(["list" if is_list else "retrieve", *about, last]))
    if len(path) == 1 or singular(last) != last:
        verb = {"post": "create"}.get(method, method)
        return identifier("_".join([verb, *about, singular(last)]))
    return identifier("_".join([last, *about]))


def identifier(words: str) -> str:
    """The words as a Python name in lower case."""
    name = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    if not name or name[0].isdigit():
        raise SpecError(f"{words!r}: no Python name can be made of this")
    return name


def singular(noun: str) -> str:
    """One of them: `accounts` → `account`."""
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    if noun.endswith(("sses", "tuses", "xes", "ches", "shes")):
        return noun[:-2]
    return (
        noun[:-1]
        if noun.endswith("s") and not noun.endswith(("ss", "us", "is"))
        else noun
    )


def pascal(words: str) -> str:
    """`account_holder.type` → `AccountHolderType`; capitals that are there stay."""
    parts = [part for part in re.split(r"[^A-Za-z0-9]+", words) if part]
    name = "".join(part[0].upper() + part[1:] for part in parts)
    if not name or name[0].isdigit():
        raise SpecError(f"{words!r}: no class name can be made of this")
    return name
