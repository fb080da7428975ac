"""Sessions, in which accounts are linked."""

import pytest

from financial_connections.sandbox import NewAccount
from tests.support.sandbox_calls import ACCOUNTS, SESSIONS, get, post


@pytest.fixture
def customer(sandbox):
    return sandbox.add_customer()


@pytest.fixture
def params(customer):
    return {
        "account_holder": {"type": "customer", "customer": customer},
        "permissions": ["balances", "transactions"],
    }


def test_a_new_session_has_a_secret_and_no_accounts(sandbox, customer, params):
    session = post(
        sandbox, SESSIONS, {**params, "return_url": "https://example.com/back"}
    ).json

    assert {"customer": customer, "type": "customer"} == session["account_holder"]
    assert {
        "object": "list",
        "data": [],
        "has_more": False,
        "url": ACCOUNTS,
    } == session["accounts"]
    assert ["balances", "transactions"] == session["permissions"]
    assert [] == session["prefetch"]
    assert "https://example.com/back" == session["return_url"]
    assert "filters" not in session
    assert session == get(sandbox, f"{SESSIONS}/{session['id']}").json


def test_the_holder_can_be_a_connected_account(sandbox):
    merchant = sandbox.add_connected_account()
    holder = {"type": "account", "account": merchant}

    session = post(
        sandbox, SESSIONS, {"account_holder": holder, "permissions": ["balances"]}
    ).json

    assert holder == session["account_holder"]


@pytest.mark.parametrize(
    ("holder", "param"),
    [
        ({"type": "customer", "customer": "cus_x"}, "account_holder[customer]"),
        ({"type": "account", "account": "acct_x"}, "account_holder[account]"),
        ({"type": "account", "account": "{customer}"}, "account_holder[account]"),
    ],
)
def test_the_holder_must_exist(sandbox, customer, params, holder, param):
    holder = {
        key: value.replace("{customer}", customer) for key, value in holder.items()
    }

    reply = post(sandbox, SESSIONS, {**params, "account_holder": holder})

    assert (400, "resource_missing", param) == (
        reply.status,
        reply.error["code"],
        reply.error["param"],
    )


def test_two_holders_are_rejected(sandbox, customer, params):
    holder = {
        "type": "customer",
        "customer": customer,
        "account": sandbox.add_connected_account(),
    }

    assert 400 == post(sandbox, SESSIONS, {**params, "account_holder": holder}).status


def test_prefetching_requires_the_permission(sandbox, params):
    reply = post(sandbox, SESSIONS, {**params, "prefetch": ["balances", "ownership"]})

    assert (400, "prefetch[1]") == (reply.status, reply.error["param"])
    assert ["balances"] == post(
        sandbox, SESSIONS, {**params, "prefetch": ["balances"]}
    ).json["prefetch"]


def test_linked_accounts_get_the_permissions_of_their_session(
    sandbox, customer, params
):
    session = post(sandbox, SESSIONS, params).json
    new = [
        NewAccount(
            category="credit", institution_name="Sandcastle Savings", last4="0042"
        ),
        NewAccount(),
    ]

    ids = sandbox.complete(session["client_secret"], new)

    linked = get(sandbox, f"{SESSIONS}/{session['id']}").json["accounts"]["data"]
    assert ids == [account["id"] for account in reversed(linked)]
    assert ("credit", "Sandcastle Savings", "0042") == tuple(
        linked[1][name] for name in ("category", "institution_name", "last4")
    )
    assert {"customer": customer, "type": "customer"} == linked[0]["account_holder"]
    assert ["balances", "transactions"] == linked[0]["permissions"]
    assert linked[0]["balance_refresh"] is None
    assert ["created", "created"] == [
        event["type"].rpartition(".")[2] for event in sandbox.events
    ]


def test_prefetching_starts_a_refresh_when_an_account_is_linked(sandbox, params):
    session = post(
        sandbox, SESSIONS, {**params, "prefetch": ["balances", "transactions"]}
    ).json["id"]
    [account] = sandbox.complete(session, [NewAccount(balance=700, transactions=4)])
    before = get(sandbox, ACCOUNTS, {"session": session}).json["data"][0]
    sandbox.advance(5)
    after = get(sandbox, f"{ACCOUNTS}/{account}").json

    assert (None, "pending") == (before["balance"], before["balance_refresh"]["status"])
    assert ({"usd": 700}, "succeeded") == (
        after["balance"]["current"],
        after["transaction_refresh"]["status"],
    )
    assert after["ownership_refresh"] is None


def test_a_session_contains_the_first_page_of_its_accounts(sandbox, params):
    session = post(sandbox, SESSIONS, params).json["id"]
    ids = sandbox.complete(session, [NewAccount()] * 12)
    accounts = get(sandbox, f"{SESSIONS}/{session}").json["accounts"]

    assert (10, True) == (len(accounts["data"]), accounts["has_more"])
    assert ids[::-1] == get(sandbox, ACCOUNTS, {"session": session, "limit": 100}).ids


def test_a_session_can_be_completed_or_cancelled_once(sandbox, params):
    for first in (sandbox.complete, sandbox.cancel):
        session = post(sandbox, SESSIONS, params).json["id"]
        first(session)
        for again in (sandbox.complete, sandbox.cancel):
            with pytest.raises(ValueError, match="is (completed|cancelled)"):
                again(session)


def test_a_cancelled_session_has_no_accounts(sandbox, params):
    session = post(sandbox, SESSIONS, params).json["id"]
    sandbox.cancel(session)

    assert [] == get(sandbox, f"{SESSIONS}/{session}").json["accounts"]["data"]
