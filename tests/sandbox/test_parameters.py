"""Validation of parameters."""

import pytest

from tests.support.sandbox_calls import (
    ACCOUNTS,
    SESSIONS,
    TRANSACTIONS,
    get,
    post,
)

SESSION = {
    "account_holder": {"type": "customer", "customer": "cus_1"},
    "permissions": ["balances"],
}


@pytest.fixture
def account(sandbox):
    sandbox.add_customer("cus_1")
    return sandbox.add_account(customer="cus_1", owners=1, transactions=3)


@pytest.mark.parametrize(
    ("path", "params", "param"),
    [
        (ACCOUNTS, {"bogus": 1}, "bogus"),
        (ACCOUNTS, {"account_holder": {"bogus": 1}}, "account_holder[bogus]"),
        (ACCOUNTS, {"limits": 1}, "limits"),
        (
            TRANSACTIONS,
            {"account": "x", "transacted_at": {"after": 1}},
            "transacted_at[after]",
        ),
    ],
)
def test_an_unknown_parameter_is_rejected_by_name(sandbox, path, params, param):
    reply = get(sandbox, path, params)

    assert 400 == reply.status
    assert "parameter_unknown" == reply.error["code"]
    assert f"Received unknown parameter: {param}" == reply.error["message"]
    assert param == reply.error["param"]


@pytest.mark.parametrize(
    ("method", "path", "params", "param"),
    [
        ("POST", "{account}/refresh", {}, "features"),
        ("POST", "{account}/subscribe", {}, "features"),
        ("POST", "{account}/unsubscribe", {}, "features"),
        ("GET", "{account}/owners", {}, "ownership"),
        ("GET", TRANSACTIONS, {}, "account"),
        (
            "GET",
            TRANSACTIONS,
            {"account": "x", "transaction_refresh": {"bogus": 1}},
            None,
        ),
        ("POST", SESSIONS, {"permissions": ["balances"]}, "account_holder"),
        (
            "POST",
            SESSIONS,
            {"account_holder": SESSION["account_holder"]},
            "permissions",
        ),
        (
            "POST",
            SESSIONS,
            {**SESSION, "account_holder": {"customer": "cus_1"}},
            "account_holder[type]",
        ),
        (
            "POST",
            SESSIONS,
            {**SESSION, "account_holder": {"type": "customer"}},
            "account_holder[customer]",
        ),
        (
            "POST",
            SESSIONS,
            {**SESSION, "account_holder": {"type": "account"}},
            "account_holder[account]",
        ),
    ],
)
def test_a_missing_parameter_is_rejected_by_name(
    sandbox, account, method, path, params, param
):
    url = f"{ACCOUNTS}/{path.format(account=account)}" if path.startswith("{") else path

    reply = (
        post(sandbox, url, params) if method == "POST" else get(sandbox, url, params)
    )

    assert 400 == reply.status
    if param is None:
        assert "parameter_unknown" == reply.error["code"]
    else:
        assert "parameter_missing" == reply.error["code"]
        assert f"Missing required param: {param}." == reply.error["message"]
        assert param == reply.error["param"]


def test_a_filter_must_exist(sandbox, account):
    reply = post(
        sandbox,
        SESSIONS,
        "filters[bogus]=1&account_holder[type]=customer&permissions[]=balances",
    )
    assert "filters[bogus]" == reply.error["param"]

    reply = post(sandbox, SESSIONS, {**SESSION, "filters": {"country": "US"}})
    assert {"country": "US"} == reply.json["filters"]


@pytest.mark.parametrize(
    ("path", "params", "param"),
    [
        ("{account}/refresh", {"features": ["balances"]}, "features[0]"),
        ("{account}/refresh", {"features": ["balance", "bogus"]}, "features[1]"),
        ("{account}/subscribe", {"features": ["balance"]}, "features[0]"),
        ("{account}/unsubscribe", {"features": ["ownership"]}, "features[0]"),
        (SESSIONS, {**SESSION, "permissions": ["balance"]}, "permissions[0]"),
        (SESSIONS, {**SESSION, "prefetch": ["balance"]}, "prefetch[0]"),
        (
            SESSIONS,
            {**SESSION, "account_holder": {"type": "person"}},
            "account_holder[type]",
        ),
    ],
)
def test_a_value_outside_the_enum_is_rejected(sandbox, account, path, params, param):
    url = f"{ACCOUNTS}/{path.format(account=account)}" if path.startswith("{") else path

    reply = post(sandbox, url, params)

    assert 400 == reply.status
    assert "invalid_request_error" == reply.error["type"]
    assert param == reply.error["param"]


@pytest.mark.parametrize(
    "limit", ["0", "101", "-1", "abc", "1.5", "1" * 5000, "\u0661"]
)
def test_a_limit_outside_1_to_100_is_rejected(sandbox, limit):
    reply = get(sandbox, ACCOUNTS, {"limit": limit})

    assert 400 == reply.status
    assert "limit" == reply.error["param"]
    assert len(reply.error["message"]) < 200


def test_the_default_limit_is_10_and_100_is_allowed(sandbox):
    for _ in range(101):
        sandbox.add_account()

    assert 10 == len(get(sandbox, ACCOUNTS).ids)
    assert 100 == len(get(sandbox, ACCOUNTS, {"limit": 100}).ids)
    assert 1 == len(get(sandbox, ACCOUNTS, {"limit": 1}).ids)


@pytest.mark.parametrize(
    ("path", "params", "param"),
    [
        (ACCOUNTS, {"starting_after": ["x"]}, "starting_after"),
        (ACCOUNTS, {"account_holder": "cus_1"}, "account_holder"),
        (ACCOUNTS, {"expand": {"a": "b"}}, "expand"),
        (ACCOUNTS, {"expand": "data.ownership"}, "expand"),
        (TRANSACTIONS, {"account": "x", "transacted_at": "monday"}, "transacted_at"),
        (
            TRANSACTIONS,
            {"account": "x", "transacted_at": {"gt": "monday"}},
            "transacted_at[gt]",
        ),
        (
            TRANSACTIONS,
            {"account": "x", "transacted_at": {"gt": {"gt": 1}}},
            "transacted_at[gt]",
        ),
        (TRANSACTIONS, "account=x&transacted_at[]=1", "transacted_at"),
    ],
)
def test_a_value_of_the_wrong_type_is_rejected(sandbox, path, params, param):
    reply = get(sandbox, path, params)

    assert 400 == reply.status
    assert param == reply.error["param"]


def test_a_string_can_have_at_most_5000_characters(sandbox):
    reply = get(sandbox, ACCOUNTS, {"session": "x" * 5001})

    assert 400 == reply.status
    assert "session" == reply.error["param"]
    assert (
        "resource_missing"
        == get(sandbox, ACCOUNTS, {"session": "x" * 5000}).error["code"]
    )


@pytest.mark.parametrize(
    "params",
    ["session=", "starting_after=", "limit=", "expand[]=", "account_holder[customer]="],
)
def test_an_empty_string_is_rejected(sandbox, params):
    reply = get(sandbox, ACCOUNTS, params)

    assert 400 == reply.status
    assert "parameter_invalid_empty" == reply.error["code"]
    assert reply.error["message"].startswith(
        f"You passed an empty string for '{reply.error['param']}'"
    )


def test_an_empty_array_is_rejected(sandbox, account):
    assert (
        "parameter_invalid_empty"
        == post(sandbox, f"{ACCOUNTS}/{account}/refresh", "features=").error["code"]
    )


@pytest.mark.parametrize(
    ("params", "first"),
    [
        (
            {"account_holder": {"customer": "cus_1", "account": "acct_1"}},
            "account_holder[customer]",
        ),
        (
            {"account_holder": {"customer": "cus_1"}, "session": "fcsess_1"},
            "account_holder[customer]",
        ),
        (
            {"account_holder": {"account": "acct_1"}, "session": "fcsess_1"},
            "account_holder[account]",
        ),
    ],
)
def test_account_filters_are_mutually_exclusive(sandbox, params, first):
    reply = get(sandbox, ACCOUNTS, params)

    assert 400 == reply.status
    assert reply.error["message"].startswith(
        f"You may only specify one of these parameters: {first}, "
    )
    assert first == reply.error["param"]


def test_an_id_in_the_path_can_be_percent_encoded(sandbox, account):
    assert (
        account == get(sandbox, f"{ACCOUNTS}/{account.replace('_', '%5F')}").json["id"]
    )
    assert (
        "No such financial connections account: 'a\n'"
        == get(sandbox, f"{ACCOUNTS}/a%0A").error["message"]
    )
    assert (
        "No such financial connections account: 'a/b'"
        == get(sandbox, f"{ACCOUNTS}/a%2Fb").error["message"]
    )
