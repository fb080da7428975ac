"""The `fincon api` command."""

import json

import pytest

from financial_connections.cli.api import params_from
from financial_connections.cli.failure import UsageError
from tests.support.cli_process import run_in_terminal, strip_escapes

ACCOUNTS = "/v1/financial_connections/accounts"


def test_a_list_is_printed_as_it_was_sent(rows, sandbox):
    accounts = [sandbox.add_account() for _ in range(3)]
    [page] = rows("api", "GET", ACCOUNTS, "-d", "limit=2")
    assert accounts[:0:-1] == [account["id"] for account in page["data"]]
    assert page["has_more"]
    assert [page] == rows("api", "get", f"{ACCOUNTS}?limit=2")


def test_nested_parameters_are_sent(rows, sandbox):
    customer = sandbox.add_customer()
    [session] = rows(
        *("api", "POST", "/v1/financial_connections/sessions"),
        *("-d", "account_holder[type]=customer"),
        *("--data", f"account_holder[customer]={customer}"),
        *("-d", "permissions[]=balances", "-d", "permissions[]=ownership"),
    )
    assert customer == session["account_holder"]["customer"]
    assert ["balances", "ownership"] == session["permissions"]


def test_a_post_disconnects_an_account(rows, sandbox):
    account = sandbox.add_account()
    [disconnected] = rows("api", "POST", f"{ACCOUNTS}/{account}/disconnect")
    assert "disconnected" == disconnected["status"]


@pytest.mark.parametrize(
    ("pairs", "params"),
    [
        ([("a", "1"), ("b", "")], {"a": "1", "b": ""}),
        ([("a[b][c]", "1"), ("a[b][d]", "x=y")], {"a": {"b": {"c": "1", "d": "x=y"}}}),
        ([("a[]", "x"), ("a[]", "x")], {"a": {"0": "x", "1": "x"}}),
        ([("a[0][b]", "x")], {"a": {"0": {"b": "x"}}}),
    ],
)
def test_keys_are_parsed(pairs, params):
    assert params == params_from(pairs)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["a", "a"], "a is given twice; for a list, use a[]"),
        (["a[b]", "a[b]"], r"a[b] is given twice"),
        (["a", "a[b]"], "both as a value and as an object"),
        (["a[b]", "a"], "a is given twice"),
        (["a[b"], "must look like"),
        (["[b]"], "must look like"),
        (["a]b"], "must look like"),
        ([""], "must look like"),
    ],
)
def test_invalid_keys_are_rejected(keys, message):
    with pytest.raises(UsageError) as raised:
        params_from([(key, "same") for key in keys])
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["GET", "http://127.0.0.1/v1/accounts"], "PATH must start with /v1/ or /v2/"),
        (["GET", "//example.com/v1/accounts"], "PATH must start with /v1/ or /v2/"),
        (["GET", "/_sandbox/faults"], "PATH must start with /v1/ or /v2/"),
        (["GET", "/v1/../_sandbox/faults"], "must not be '..'"),
        (["GET", "/v1/accounts#x"], "PATH must start with /v1/ or /v2/"),
        (["POST", "/v2/core/accounts"], "requires a JSON body"),
        (["PATCH", "/v1/accounts"], "PATCH"),
        (["GET", "/v1/accounts", "-d", "limit"], "--data must have the form KEY=VALUE"),
    ],
)
def test_invalid_arguments_are_rejected(run, args, message):
    status, out, err = run("api", *args)
    assert (2, "") == (status, out)
    assert message in err


def test_an_error_is_reported_as_by_other_commands(run):
    status, out, err = run("api", "GET", f"{ACCOUNTS}/fca_unknown")
    assert (4, "") == (status, out)
    assert err.startswith("fincon: No such")


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_change_with_a_live_key_requires_confirmation(run, monkeypatch, method):
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_123")
    status, out, err = run("api", method, "/v1/customers")
    assert (2, "") == (status, out)
    assert "may change live data; pass --yes" in err
    # With --yes, the request reaches the sandbox, which refuses live keys.
    assert 3 == run("api", method, "/v1/customers", "--yes")[0]
    assert 3 == run("api", "GET", "/v1/customers")[0]


def test_on_a_terminal_json_is_indented():
    output, status = run_in_terminal("--sandbox", "api", "GET", f"{ACCOUNTS}?limit=1")
    text = strip_escapes(output)
    assert 0 == status
    assert text.startswith('{\n  "object": "list",\n  "data": [\n    {\n')
    assert "Example Bank" in json.dumps(json.loads(text))
