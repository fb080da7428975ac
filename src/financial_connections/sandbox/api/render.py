"""Render records as JSON, with the fields of all API versions.

`versions` lists the fields that only some versions have. A field whose value
depends on the version has an entry for each value.

Source: https://docs.stripe.com/api/financial_connections
"""

from collections.abc import Callable, Iterable
from typing import Any

from attrs import evolve

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
        "account_numbers": _numbers(record.numbers),
        "settled_account_numbers": _settled_numbers(record.numbers),
        "balance": _balance(record),
        "balance_refresh": _refresh(record.refreshes.get("balance")),
        "category": record.category,
        "created": record.created,
        "display_name": record.display_name,
        "institution_name": record.institution_name,
        "last4": record.last4,
        "livemode": False,
        "ownership": record.ownership.id if record.ownership else None,
        "ownership_refresh": _refresh(record.refreshes.get("ownership")),
        "permissions": list(record.permissions),
        "status": record.status,
        "status_details": _status_details(record),
        "subcategory": record.subcategory,
        "subscriptions": ["transactions"] if record.subscription else [],
        "supported_payment_method_types": ["us_bank_account"]
        if record.supports_payments
        else [],
        "transaction_refresh": _refresh(record.refreshes.get("transactions")),
    }


def holder(record: records.Holder) -> JSON:
    """Render an account holder: a customer or a connected Stripe account."""
    kind = "account" if record.kind == "account" else "customer"
    return {record.kind: record.id, "type": kind}


def _numbers(numbers: Iterable[records.AccountNumber] | None) -> list[JSON] | None:
    if numbers is None:
        return None
    return [
        {
            "expected_expiry_date": number.expiry_date,
            "identifier_type": number.type,
            "status": number.status,
            "supported_networks": ["ach"] if number.is_usable else [],
        }
        for number in numbers
    ]


def _settled_numbers(
    numbers: Iterable[records.AccountNumber] | None,
) -> list[JSON] | None:
    """Render account numbers without the statuses `pending` and `expired`."""
    if numbers is None:
        return None
    settled = [number for number in numbers if number.status != "pending"]
    return _numbers(
        evolve(number, status="deactivated") if number.status == "expired" else number
        for number in settled
    )


def _status_details(record: records.Account) -> JSON:
    upcoming = record.authorization.upcoming
    if upcoming is None or record.status != "active":
        return {}
    return {
        "active": {
            "action": upcoming.action,
            "cause": upcoming.cause,
            "expected_deactivation_date": upcoming.date,
        }
    }


def authorization(record: records.Authorization) -> JSON:
    """Render an authorization, which is active."""
    details: JSON = {}
    if record.upcoming is not None:
        details["active"] = {
            "action": record.upcoming.action,
            "expected_deactivation_date": record.upcoming.date,
        }
    return {
        "id": record.id,
        "object": "financial_connections.authorization",
        "institution_name": record.institution_name,
        "livemode": False,
        "status": "active",
        "status_details": details,
    }


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


def _refresh(refresh: records.Refresh | None) -> JSON | None:
    if refresh is None:
        return None
    return {
        **({} if refresh.id is None else {"id": refresh.id}),
        "last_attempted_at": refresh.last_attempted_at,
        "next_refresh_available_at": refresh.next_available_at,
        "status": refresh.status,
    }


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
