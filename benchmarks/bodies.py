"""What the server of the benchmarks answers, in the bytes in which Stripe would. Pure."""

import json
from typing import Any

ACCOUNT: dict[str, Any] = {
    "id": "fca_0",
    "object": "financial_connections.account",
    "account_holder": {"customer": "cus_9s6XI9OFIdpjIg", "type": "customer"},
    "balance": {
        "as_of": 1681412250,
        "cash": {"available": {"usd": 120000}},
        "credit": None,
        "current": {"usd": 123456},
        "type": "cash",
    },
    "balance_refresh": {
        "last_attempted_at": 1681412250,
        "next_refresh_available_at": 1681498650,
        "status": "succeeded",
    },
    "category": "cash",
    "created": 1681412208,
    "display_name": "Sample Checking Account",
    "institution_name": "StripeBank",
    "last4": "6789",
    "livemode": False,
    "ownership": None,
    "ownership_refresh": None,
    "permissions": ["balances", "ownership", "payment_method", "transactions"],
    "status": "active",
    "subcategory": "checking",
    "subscriptions": ["transactions"],
    "supported_payment_method_types": ["us_bank_account"],
    "transaction_refresh": {
        "id": "fctxnref_OD10iHSd7eaheDkeabbQfnJ7",
        "last_attempted_at": 1625337296,
        "next_refresh_available_at": 1625337896,
        "status": "succeeded",
    },
}

_TRANSACTION: dict[str, Any] = {
    "id": "@ID@",
    "object": "financial_connections.transaction",
    "account": "@ACCOUNT@",
    "amount": -1000,
    "currency": "usd",
    "description": "Rocket Rides",
    "livemode": False,
    "status": "posted",
    "status_transitions": {"posted_at": 1651251600, "void_at": None},
    "transacted_at": 1651251500,
    "transaction_refresh": "fctxnref_OD10iHSd7eaheDkeabbQfnJ7",
    "updated": 1651251601,
}
AMOUNT = _TRANSACTION["amount"]

_LIST = {
    "object": "list",
    "data": ["@DATA@"],
    "has_more": "@MORE@",
    "url": "/v1/financial_connections/transactions",
}


def _template(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2).replace("%", "%%")


_ACCOUNT_TEXT = _template(ACCOUNT | {"id": "@ID@"}).replace("@ID@", "%s")
_ITEM_TEXT = (
    _template(_TRANSACTION)
    .replace("@ID@", "%s")
    .replace("@ACCOUNT@", "%s")
    .replace("\n", "\n    ")
)
_PAGE_TEXT = _template(_LIST).replace('"@DATA@"', "%s").replace('"@MORE@"', "%s")


def account_body(account: str) -> bytes:
    """Return the account of this id, whatever the id is: an answer to another's
    question shows.
    """
    return (_ACCOUNT_TEXT % account).encode()


def account_id(*, items: int, latency_ms: int = 0, name: str = "") -> str:
    """Return the id of an account that has so many transactions and takes so long to
    list them.
    """
    return f"fca_{items}_{latency_ms}_{name}"


def facts_of(account: str) -> tuple[int, int]:
    """Return how many transactions an account has, and the milliseconds that listing
    them takes.
    """
    _, items, latency_ms, _ = account.split("_", 3)
    return int(items), int(latency_ms)


def transaction_id(account: str, index: int) -> str:
    """Return the id of the transaction at a place in the list."""
    return f"fctxn_{account[4:]}_{index:07d}"


def page_body(account: str, limit: int, starting_after: str | None) -> bytes:
    """Return the page of at most `limit` transactions after that one."""
    total, _ = facts_of(account)
    first = 0 if starting_after is None else int(starting_after.rpartition("_")[2]) + 1
    after = min(first + limit, total)
    items = ",\n    ".join(
        _ITEM_TEXT % (transaction_id(account, i), account) for i in range(first, after)
    )
    return (_PAGE_TEXT % (items, "true" if after < total else "false")).encode()
