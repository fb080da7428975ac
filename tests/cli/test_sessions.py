"""The `fincon sessions` commands."""


def test_a_session_is_created_with_every_api_parameter(rows, sandbox):
    customer = sandbox.add_customer()
    [session] = rows(
        *("sessions", "create", "--customer", customer),
        *("--permission", "balances", "--permission", "ownership"),
        *("--prefetch", "balances", "--country", "US"),
        *("--subcategory", "checking", "--subcategory", "savings"),
        *("--payment-method-support", "at_least_one"),
        *("--max-accounts", "2", "--manual-entry", "disabled"),
        *("--return-url", "https://example.com/back"),
        *("--expand", "account_holder.customer"),
    )
    assert ["balances", "ownership"] == session["permissions"]
    assert ["balances"] == session["prefetch"]
    assert {
        "account_subcategories": ["checking", "savings"],
        "country": "US",
        "require_payment_method_support": "at_least_one",
    } == session["filters"]
    assert {"accounts": 2} == session["limits"]
    assert {"mode": "disabled"} == session["manual_entry"]
    assert "https://example.com/back" == session["return_url"]
    assert customer == session["account_holder"]["customer"]["id"]
    assert "_secret_" in session["client_secret"]
    [retrieved] = rows("sessions", "retrieve", session["id"])
    assert session["client_secret"] == retrieved["client_secret"]


def test_a_session_is_created_for_a_connected_account(rows, sandbox):
    holder = sandbox.add_connected_account()
    create = ("sessions", "create", "--holder-account", holder)
    [session] = rows(*create, "--permission", "balances")
    assert {"account": holder, "type": "account"} == session["account_holder"]


def test_a_session_is_created_for_the_account_of_a_customer(rows, sandbox):
    holder = sandbox.add_customer_account()
    create = ("sessions", "create", "--customer-account", holder)
    [session] = rows(*create, "--permission", "balances")
    assert {"customer_account": holder, "type": "customer"} == session["account_holder"]
    sandbox.add_account()
    [linked] = sandbox.complete(session["id"])
    accounts = rows("accounts", "list", "--customer-account", holder)
    assert [linked] == [account["id"] for account in accounts]


def test_a_session_has_a_token_for_a_bank_account_entered_by_hand(rows, sandbox):
    create = ("sessions", "create", "--customer", sandbox.add_customer())
    [session] = rows(
        *create, *("--permission", "payment_method", "--manual-entry", "automatic")
    )
    token = sandbox.enter_bank_account(session["id"])
    [retrieved] = rows("sessions", "retrieve", session["id"])
    assert token == retrieved["bank_account_token"]["id"]
