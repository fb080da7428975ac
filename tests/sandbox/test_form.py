"""Parsing of query strings and form bodies."""

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
    encode,
    get,
    post,
    send,
)


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
def test_brackets_nest_parameters(text, expected):
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
def test_a_malformed_form_is_rejected(text):
    with pytest.raises(APIError):
        parse_form(text)


def test_query_and_form_are_merged(sandbox, account):
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
def test_an_empty_post_requires_the_form_content_type(sandbox, account, content_type):
    reply = post(sandbox, f"{ACCOUNTS}/{account}/disconnect", content_type=content_type)

    assert 400 == reply.status
    assert "active" == get(sandbox, f"{ACCOUNTS}/{account}").json["status"]


def test_a_content_type_with_a_charset_is_accepted(sandbox, account):
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
def test_arrays_can_be_sent_with_or_without_indices(sandbox, account, form):
    reply = post(sandbox, f"{ACCOUNTS}/{account}/refresh", form)

    assert "pending" == reply.json["balance_refresh"]["status"]
    assert "pending" == reply.json["ownership_refresh"]["status"]


def test_indices_are_sorted_as_numbers(sandbox):
    sandbox.add_customer("cus_1")
    kinds = {10: "mortgage", 2: "savings", 0: "checking"}
    form = encode(
        {
            "account_holder": {"type": "customer", "customer": "cus_1"},
            "permissions": ["balances"],
        }
    )
    form += "".join(
        f"&filters[account_subcategories][{index}]={kind}"
        for index, kind in kinds.items()
    )

    assert ["checking", "savings", "mortgage"] == post(sandbox, SESSIONS, form).json[
        "filters"
    ]["account_subcategories"]


def test_a_single_value_is_not_an_array(sandbox, account):
    reply = post(sandbox, f"{ACCOUNTS}/{account}/refresh", "features=balance")

    assert 400 == reply.status
    assert "features" == reply.error["param"]
    assert reply.error["message"].startswith("Invalid array")


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
def test_arbitrary_parameters_get_a_response_from_the_api(pairs, noise):
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
