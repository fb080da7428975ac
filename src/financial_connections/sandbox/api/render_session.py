"""Render sessions as JSON, with the fields of all API versions."""

from financial_connections.sandbox.api import records, render
from financial_connections.sandbox.api.pagination import PageRequest
from financial_connections.sandbox.api.render import JSON


def session_json(record: records.Session) -> JSON:
    """Render a session with the first page of its accounts.

    Optional fields that were not set in the request are absent. There is always a
    client secret, because Stripe omits it only in sessions on its own pages, which this
    contract does not have.
    """
    result: JSON = {
        "id": record.id,
        "object": "financial_connections.session",
        "account_holder": render.holder(record.holder),
        "accounts": render.list_object(
            record.accounts.page(PageRequest()), render.account, render.ACCOUNTS_URL
        ),
        "bank_account_token": record.bank_account_token,
        "client_secret": record.client_secret,
        "filters": record.filters and _filters(record.filters),
        "limits": record.account_limit and {"accounts": record.account_limit},
        "livemode": False,
        "manual_entry": record.manual_entry and {"mode": record.manual_entry},
        "permissions": list(record.permissions),
        "prefetch": list(record.prefetch or ()),
        "return_url": record.return_url,
    }
    optional = (
        "bank_account_token",
        "filters",
        "limits",
        "manual_entry",
        "return_url",
    )
    return {
        key: value
        for key, value in result.items()
        if value is not None or key not in optional
    }


def _filters(record: records.SessionFilters) -> JSON:
    result: JSON = {}
    if record.subcategories is not None:
        result["account_subcategories"] = list(record.subcategories)
    if record.countries is not None:
        result["countries"] = list(record.countries)
        result["country"] = record.countries[0] if len(record.countries) == 1 else None
    if record.payments is not None:
        result["require_payment_method_support"] = record.payments
    return result
