"""API objects as shown in Stripe's reference, and lists of them."""

ACCOUNT = {
    "id": "fca_1MwVK82eZvKYlo2Cjw8FMxXf",
    "object": "financial_connections.account",
    "account_holder": {"customer": "cus_9s6XI9OFIdpjIg", "type": "customer"},
    "balance": None,
    "balance_refresh": None,
    "category": "cash",
    "created": 1681412208,
    "display_name": "Sample Checking Account",
    "institution_name": "StripeBank",
    "last4": "6789",
    "livemode": False,
    "ownership": None,
    "ownership_refresh": None,
    "permissions": [],
    "status": "active",
    "subcategory": "checking",
    "subscriptions": [],
    "supported_payment_method_types": ["us_bank_account"],
    "transaction_refresh": None,
}
REFRESHED_ACCOUNT = ACCOUNT | {
    "balance_refresh": {"status": "pending", "last_attempted_at": 1681422295},
    "status": "pending",
}
SUBSCRIBED_ACCOUNT = ACCOUNT | {
    "subscriptions": ["transactions"],
    "transaction_refresh": {
        "id": "fctxnref_OD10iHSd7eaheDkeabbQfnJ7",
        "status": "pending",
        "last_attempted_at": 1625337296,
    },
}
DISCONNECTED_ACCOUNT = ACCOUNT | {"status": "disconnected"}
OWNER = {
    "id": "fcaown_1",
    "object": "financial_connections.account_owner",
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "ownership": "fcaowns_1",
    "phone": "+1 555 0100",
    "raw_address": "12 Example Street",
    "refreshed_at": 1681412300,
}
OWNER_LIST = {
    "object": "list",
    "data": [OWNER],
    "has_more": False,
    "url": "/v1/financial_connections/accounts/fca_1/owners?ownership=fcaowns_1",
}
OWNERSHIP = {
    "id": "fcaowns_1",
    "object": "financial_connections.account_ownership",
    "created": 1681412299,
    "owners": OWNER_LIST,
}
FULL_ACCOUNT = ACCOUNT | {
    "account_holder": {
        "type": "customer",
        "customer": {"id": "cus_1", "object": "customer", "name": "Ada"},
    },
    "balance": {
        "as_of": 1681412250,
        "type": "cash",
        "current": {"usd": 123456},
        "cash": {"available": {"usd": 120000}},
        "credit": None,
    },
    "balance_refresh": {
        "status": "succeeded",
        "last_attempted_at": 1681412250,
        "next_refresh_available_at": 1681498650,
    },
    "ownership": OWNERSHIP,
    "ownership_refresh": {"status": "failed", "last_attempted_at": 1681412299},
    "permissions": ["balances", "ownership", "payment_method", "transactions"],
}
SESSION = {
    "id": "fcsess_1",
    "object": "financial_connections.session",
    "account_holder": {"customer": "cus_1", "type": "customer"},
    "accounts": {
        "object": "list",
        "data": [ACCOUNT],
        "has_more": False,
        "url": "/v1/financial_connections/accounts",
    },
    "client_secret": "fcsess_client_secret_tops3cret",
    "filters": {"country": "US"},
    "livemode": False,
    "permissions": ["balances", "transactions"],
    "prefetch": ["balances"],
    "return_url": "https://example.com/back",
}
TRANSACTION = {
    "id": "fctxn_1",
    "object": "financial_connections.transaction",
    "account": "fca_1",
    "amount": -1000,
    "currency": "usd",
    "description": "Rocket Rides",
    "livemode": False,
    "status": "posted",
    "status_transitions": {"posted_at": 1651251600, "void_at": None},
    "transacted_at": 1651251500,
    "transaction_refresh": "fctxnref_1",
    "updated": 1651251601,
}
ERROR = {
    "error": {
        "type": "invalid_request_error",
        "code": "resource_missing",
        "message": "No such financial connections account: 'fca_x'",
        "param": "account",
        "doc_url": "https://stripe.com/docs/error-codes/resource-missing",
        "request_log_url": "https://dashboard.stripe.com/test/logs/req_1",
    }
}


def list_of(*items, has_more=False, url="/v1/financial_connections/transactions"):
    return {"object": "list", "data": list(items), "has_more": has_more, "url": url}
