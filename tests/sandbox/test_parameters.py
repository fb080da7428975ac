"""How parameters are decoded, and how strictly."""

from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections.sandbox import Sandbox
from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.api.form import parse_form
from tests.support.sandbox_calls import (
    ACCOUNTS,
    FORM,
    SESSIONS,
    TRANSACTIONS,
    encoded,
    get,
    post,
    send,
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
    ("text", "expected"),
    [
        ("", {}),
        ("a=1&&b=2", {"a": "1", "b": "2"}),
        ("a", {"a": ""}),
        ("a=1&a=2", {"a": "2"}),
        ("a=x%20y+z", {"a": "x y z"}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("a%5Bb%5D=%C3%A9", {"a": {"b": "é"}}),
        ("a[]=1&a[]=2", {"a": ["1", "2"]}),
        ("a[0]=1&a[1]=2", {"a": {"0": "1", "1": "2"}}),
        ("a[][b]=1", {"a": [{"b": "1"}]}),
        ("a=%zz", {"a": "%zz"}),
    ],
)
def test_a_form_nests_by_brackets(text, expected):
    assert expected == parse_form(text)


@pytest.mark.parametrize(
    "text",
    [
        "[a]=1",
        "a[=1",
        "a]=1",
        "=1",
        "a=1&a[b]=2",
        "a[b]=2&a=1",
        "a[]=1&a[0]=2",
        "a[b]=1&a[]=2",
        "a=%ff",
        "a" + "[b]" * 9 + "=1",
    ],
)
def test_a_form_that_makes_no_sense_is_refused(text):
    with pytest.raises(APIError):
        parse_form(text)


def test_query_and_form_are_one(sandbox, account):
    path = f"{ACCOUNTS}/{account}/refresh"
    headers = {"content_type": FORM}

    reply = send(
        sandbox,
        "POST",
        path,
        query="features[]=balance",
        body="expand[]=ownership",
        headers=headers,
    )
    assert 200 == reply.status
    assert isinstance(reply.json["ownership"], dict)
    assert 1 == len(send(sandbox, "GET", ACCOUNTS, body="limit=1", headers=headers).ids)


@pytest.mark.parametrize(
    "content_type", [None, "application/json", "multipart/form-data"]
)
def test_a_post_needs_the_form_content_type_even_when_empty(
    sandbox, account, content_type
):
    reply = post(sandbox, f"{ACCOUNTS}/{account}/disconnect", content_type=content_type)

    assert 400 == reply.status
    assert "active" == get(sandbox, f"{ACCOUNTS}/{account}").json["status"]


def test_a_charset_beside_the_content_type_is_fine(sandbox, account):
    content_type = "Application/X-WWW-Form-URLEncoded; charset=utf-8"

    assert (
        200
        == post(
            sandbox, f"{ACCOUNTS}/{account}/disconnect", content_type=content_type
        ).status
    )


@pytest.mark.parametrize(
    "form",
    [
        "features[]=balance&features[]=ownership",
        "features[0]=balance&features[1]=ownership",
        "features%5B0%5D=balance&features%5B1%5D=ownership",
        "features[1]=ownership&features[0]=balance",
    ],
)
def test_arrays_come_with_or_without_indices(sandbox, account, form):
    reply = post(sandbox, f"{ACCOUNTS}/{account}/refresh", form)

    assert "pending" == reply.json["balance_refresh"]["status"]
    assert "pending" == reply.json["ownership_refresh"]["status"]


def test_indices_count_as_numbers(sandbox):
    sandbox.add_customer("cus_1")
    countries = {f"filters[countries][{index}]": f"C{index}" for index in range(12)}
    form = encoded(
        {"account_holder": SESSION["account_holder"], "permissions": ["balances"]}
    )
    form += "".join(f"&{key}={value}" for key, value in countries.items())

    assert (
        list(countries.values())
        == post(sandbox, SESSIONS, form).json["filters"]["countries"]
    )


def test_a_bare_value_is_no_array(sandbox, account):
    reply = post(sandbox, f"{ACCOUNTS}/{account}/refresh", "features=balance")

    assert 400 == reply.status
    assert "features" == reply.error["param"]
    assert reply.error["message"].startswith("Invalid array")


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
def test_an_unknown_parameter_is_refused_by_its_wire_name(sandbox, path, params, param):
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
def test_a_missing_required_parameter_is_refused_by_its_wire_name(
    sandbox, account, method, path, params, param
):
    place = (
        f"{ACCOUNTS}/{path.format(account=account)}" if path.startswith("{") else path
    )

    reply = (
        post(sandbox, place, params)
        if method == "POST"
        else get(sandbox, place, params)
    )

    assert 400 == reply.status
    if param is None:
        assert "parameter_unknown" == reply.error["code"]
    else:
        assert "parameter_missing" == reply.error["code"]
        assert f"Missing required param: {param}." == reply.error["message"]
        assert param == reply.error["param"]


def test_countries_are_required_inside_filters(sandbox, account):
    reply = post(
        sandbox,
        SESSIONS,
        "filters[bogus]=1&account_holder[type]=customer&permissions[]=balances",
    )
    assert "filters[bogus]" == reply.error["param"]

    reply = post(sandbox, SESSIONS, {**SESSION, "filters": {"countries": ["US"]}})
    assert {"countries": ["US"]} == reply.json["filters"]


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
def test_a_value_outside_its_enum_is_refused(sandbox, account, path, params, param):
    place = (
        f"{ACCOUNTS}/{path.format(account=account)}" if path.startswith("{") else path
    )

    reply = post(sandbox, place, params)

    assert 400 == reply.status
    assert "invalid_request_error" == reply.error["type"]
    assert param == reply.error["param"]


@pytest.mark.parametrize(
    "limit", ["0", "101", "-1", "abc", "1.5", "1" * 5000, "\u0661"]
)
def test_a_limit_outside_1_to_100_is_refused(sandbox, limit):
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
def test_a_value_of_the_wrong_shape_is_refused(sandbox, path, params, param):
    reply = get(sandbox, path, params)

    assert 400 == reply.status
    assert param == reply.error["param"]


def test_a_string_has_at_most_5000_characters(sandbox):
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
def test_an_empty_string_is_no_value(sandbox, params):
    reply = get(sandbox, ACCOUNTS, params)

    assert 400 == reply.status
    assert "parameter_invalid_empty" == reply.error["code"]
    assert reply.error["message"].startswith(
        f"You passed an empty string for '{reply.error['param']}'"
    )


def test_an_empty_array_is_no_array(sandbox, account):
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
def test_filters_of_accounts_exclude_each_other(sandbox, params, first):
    reply = get(sandbox, ACCOUNTS, params)

    assert 400 == reply.status
    assert reply.error["message"].startswith(
        f"You may only specify one of these parameters: {first}, "
    )
    assert first == reply.error["param"]


def test_an_id_in_the_path_may_be_percent_encoded(sandbox, account):
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


NAMES = [
    "limit",
    "expand",
    "account_holder",
    "starting_after",
    "transacted_at",
    "account",
    "features",
    "bogus",
]
KEYS = st.builds(
    lambda name, nested: name + "".join(f"[{part}]" for part in nested),
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(["", "0", "9" * 50, "customer", "gt", "é"]), max_size=3),
)
PAIRS = st.tuples(KEYS, st.one_of(st.text(max_size=20), st.integers().map(str)))


@given(pairs=st.lists(PAIRS, max_size=6), noise=st.binary(max_size=20))
def test_whatever_is_sent_the_answer_is_one_of_the_api(pairs, noise):
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=2)
    form = "&".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in pairs)

    for text in (form, noise.decode("latin-1"), f"{form}&account={account}"):
        for path in (
            ACCOUNTS,
            TRANSACTIONS,
            f"{ACCOUNTS}/{account}",
            f"{ACCOUNTS}/{account}/owners",
        ):
            reply = get(sandbox, path, text)
            assert reply.status in {200, 400}
            assert reply.status == 200 or reply.error["type"] == "invalid_request_error"
        assert post(sandbox, f"{ACCOUNTS}/{account}/refresh", text).status in {200, 400}
