"""Render records as JSON.

Source: https://docs.stripe.com/api/financial_connections
"""

from collections.abc import Callable
from typing import Any

from financial_connections.sandbox.api import records
from financial_connections.sandbox.api.pagination import Page, PageRequest, T

JSON = dict[str, Any]

ACCOUNTS_URL = "/v1/financial_connections/accounts"
TRANSACTIONS_URL = "/v1/financial_connections/transactions"


def account(record: records.Account) -> JSON:
    """Render an account, with IDs for its ownership and holder."""
    return {
        "id": record.id,
        "object": "financial_connections.account",
        "account_holder": holder(record.holder),
        "balance": _balance(record),
        "balance_refresh": _refresh(record.refreshes.get("balance")),
        "category": record.category,
        "created": record.created,
        "display_name": record.display_name,
        "institution_name": record.institution_name,
        "last4": record.last4,
        "livemode": False,
        "ownership": record.ownership.id if record.ownership else None,
        "ownership_refresh": _refresh(
            record.refreshes.get("ownership"), has_next=False
        ),
        "permissions": list(record.permissions),
        "status": record.status,
        "subcategory": record.subcategory,
        "subscriptions": ["transactions"] if record.subscription else [],
        "supported_payment_method_types": ["us_bank_account"]
        if record.category == "cash"
        else [],
        "transaction_refresh": _refresh(record.refreshes.get("transactions")),
    }


def holder(holder_id: str) -> JSON:
    """Render an account holder: a customer or a connected Stripe account."""
    kind = "account" if holder_id.startswith("acct_") else "customer"
    return {kind: holder_id, "type": kind}


def _balance(record: records.Account) -> JSON | None:
    balance = record.balance
    if balance is None:
        return None
    result: JSON = {
        "as_of": balance.as_of,
        "current": {balance.currency: balance.current},
    }
    if record.category == "credit":
        return {
            **result,
            "credit": {"used": {balance.currency: max(0, -balance.current)}},
            "type": "credit",
        }
    return {
        **result,
        "cash": {"available": {balance.currency: balance.current}},
        "type": "cash",
    }


def _refresh(refresh: records.Refresh | None, *, has_next: bool = True) -> JSON | None:
    if refresh is None:
        return None
    result: JSON = {} if refresh.id is None else {"id": refresh.id}
    result["last_attempted_at"] = refresh.last_attempted_at
    if has_next:
        result["next_refresh_available_at"] = refresh.next_available_at
    return {**result, "status": refresh.status}


def ownership(record: records.Ownership) -> JSON:
    """Render an ownership snapshot with its first page of owners."""
    url = f"{ACCOUNTS_URL}/{record.account}/owners"
    return {
        "id": record.id,
        "object": "financial_connections.account_ownership",
        "created": record.created,
        "owners": list_object(record.owners.page(PageRequest()), owner, url),
    }


def owner(record: records.Owner) -> JSON:
    """Render an owner in a snapshot."""
    return {
        "id": record.id,
        "object": "financial_connections.account_owner",
        "email": record.person.email,
        "name": record.person.name,
        "ownership": record.ownership,
        "phone": record.person.phone,
        "raw_address": record.person.address,
        "refreshed_at": record.refreshed_at,
    }


def transaction(record: records.Transaction) -> JSON:
    """Render a transaction. `amount` is in cents."""
    return {
        "id": record.id,
        "object": "financial_connections.transaction",
        "account": record.account,
        "amount": record.amount,
        "currency": record.currency,
        "description": record.description,
        "livemode": False,
        "status": record.status,
        "status_transitions": {
            "posted_at": record.posted_at,
            "void_at": record.void_at,
        },
        "transacted_at": record.transacted_at,
        "transaction_refresh": record.refresh.id,
        "updated": record.updated,
    }


def session(record: records.Session) -> JSON:
    """Render a session with the first page of its accounts.

    Optional fields that were not set in the request are absent.
    """
    result: JSON = {
        "id": record.id,
        "object": "financial_connections.session",
        "account_holder": holder(record.holder),
        "accounts": list_object(
            record.accounts.page(PageRequest()), account, ACCOUNTS_URL
        ),
        "client_secret": record.client_secret,
        "livemode": False,
        "permissions": list(record.permissions),
        "prefetch": list(record.prefetch or ()),
    }
    if record.filters is not None:
        result["filters"] = dict(record.filters)
    if record.return_url is not None:
        result["return_url"] = record.return_url
    return result


def customer(record: records.Customer) -> JSON:
    """Render an expanded customer, reduced to a few fields."""
    return {
        "id": record.id,
        "object": "customer",
        "created": record.created,
        "default_source": None,
        "email": record.email,
        "livemode": False,
        "name": record.name,
    }


def merchant(record: records.Merchant) -> JSON:
    """Render an expanded Stripe account, reduced to a few fields."""
    return {
        "id": record.id,
        "object": "account",
        "created": record.created,
        "type": "standard",
    }


def list_object(page: Page[T], render: Callable[[T], JSON], url: str) -> JSON:
    """Render a page as a list object. `url` is the path of the list."""
    return {
        "object": "list",
        "data": [render(item) for item in page.data],
        "has_more": page.has_more,
        "url": url,
    }
