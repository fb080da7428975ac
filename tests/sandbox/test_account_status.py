"""Inactive and disconnected accounts."""

import pytest

from financial_connections import API_VERSION
from financial_connections.sandbox import Rules, Sandbox
from financial_connections.sandbox.clock import START
from tests.support.sandbox_calls import (
    ACCOUNTS,
    TRANSACTIONS,
    account_of,
    act,
    event_names,
    get,
    refresh,
)

DAY = 86_400


@pytest.fixture
def account(sandbox):
    return sandbox.add_account(balance=100, owners=1, transactions=2, refreshed=[])


def test_an_inactive_account_cannot_be_refreshed_or_subscribed_to(sandbox, account):
    sandbox.deactivate(account)

    for action in ("refresh", "subscribe"):
        reply = act(sandbox, account, action, features=["transactions"])
        assert 400 == reply.status
        assert "financial_connections_account_inactive" == reply.error["code"]
    sandbox.reactivate(account)
    assert 200 == refresh(sandbox, account, "transactions").status


def test_a_pending_refresh_fails_if_the_account_becomes_inactive(sandbox, account):
    refresh(sandbox, account, "balance")
    sandbox.deactivate(account)
    sandbox.advance(5)

    assert ("failed", None) == (
        account_of(sandbox, account)["balance_refresh"]["status"],
        account_of(sandbox, account)["balance"],
    )


def test_the_institution_deactivates_and_reactivates_an_account(sandbox, account):
    sandbox.deactivate(account, after=60)
    assert "active" == account_of(sandbox, account)["status"]
    sandbox.advance(60)
    assert "inactive" == account_of(sandbox, account)["status"]
    sandbox.deactivate(account)
    sandbox.reactivate(account)

    assert ["created", "deactivated", "reactivated"] == event_names(sandbox)


def test_a_disconnected_account_stays_disconnected_without_data(sandbox):
    account = sandbox.add_account(balance=1, owners=1, transactions=1)
    [transaction] = get(sandbox, TRANSACTIONS, {"account": account}).ids
    ownership = account_of(sandbox, account)["ownership"]
    act(sandbox, account, "subscribe", features=["transactions"])

    reply = act(sandbox, account, "disconnect")

    expected = {
        "status": "disconnected",
        "subscriptions": [],
        "ownership": None,
        "balance": None,
    }
    assert expected == {name: reply.json[name] for name in expected}
    assert reply.json == get(sandbox, f"{ACCOUNTS}/{account}").json
    assert 400 == get(sandbox, TRANSACTIONS, {"account": account}).status
    assert 400 == get(sandbox, f"{TRANSACTIONS}/{transaction}").status
    assert (
        400
        == get(sandbox, f"{ACCOUNTS}/{account}/owners", {"ownership": ownership}).status
    )
    for action in ("refresh", "subscribe"):
        assert 400 == act(sandbox, account, action, features=["transactions"]).status
    sandbox.advance(2 * DAY)
    assert "disconnected" == event_names(sandbox)[-1]
    with pytest.raises(ValueError, match="permanently disconnected"):
        sandbox.reactivate(account)
    with pytest.raises(ValueError, match="cannot be refreshed"):
        sandbox.add_transactions(account)


def test_disconnecting_fails_a_pending_refresh_without_an_event(sandbox, account):
    refresh(sandbox, account, "balance")
    reply = act(sandbox, account, "disconnect")
    sandbox.advance(5)

    assert "failed" == reply.json["balance_refresh"]["status"]
    assert ["created", "disconnected"] == event_names(sandbox)


def test_the_data_of_a_disconnected_account_can_be_kept():
    sandbox = Sandbox(rules=Rules(data_after_disconnect="kept"))
    account = sandbox.add_account(balance=1, owners=1, transactions=1)
    reply = act(sandbox, account, "disconnect")

    assert {"usd": 1} == reply.json["balance"]["current"]
    assert reply.json["ownership"] is None
    assert 1 == len(get(sandbox, TRANSACTIONS, {"account": account}).ids)


def test_the_rules_determine_whether_an_account_can_be_disconnected_again():
    for rule, status in (("accept", 200), ("refuse", 400)):
        sandbox = Sandbox(rules=Rules(repeated_disconnect=rule))
        account = sandbox.add_account()
        act(sandbox, account, "disconnect")
        assert status == act(sandbox, account, "disconnect").status
        assert 1 == event_names(sandbox).count("disconnected")


def test_an_event_contains_the_account_as_it_was_at_the_time(sandbox, account):
    sandbox.deactivate(account)
    sandbox.reactivate(account)
    created, deactivated, _ = sandbox.events

    assert "event" == deactivated["object"]
    assert deactivated["id"].startswith("evt_")
    assert (API_VERSION, START, False) == tuple(
        deactivated[name] for name in ("api_version", "created", "livemode")
    )
    assert "inactive" == deactivated["data"]["object"]["status"]
    assert account_of(sandbox, account) == created["data"]["object"]
