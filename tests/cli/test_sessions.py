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
    assert {"country": "US"} == session["filters"]
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
