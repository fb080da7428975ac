"""Subscriptions to an account's transactions."""

import pytest

from financial_connections.sandbox.clock import START
from tests.support.sandbox_calls import account_of, act, event_names

DAY = 86_400


@pytest.fixture
def account(sandbox):
    return sandbox.add_account(balance=100, owners=1, transactions=2, refreshed=[])


def test_subscribing_refreshes_immediately_and_then_daily(sandbox, account):
    reply = act(sandbox, account, "subscribe", features=["transactions"]).json
    assert ["transactions"] == reply["subscriptions"]
    assert "pending" == reply["transaction_refresh"]["status"]

    sandbox.advance(3 * DAY + 10)

    assert 4 == event_names(sandbox).count("refreshed_transactions")
    assert (
        START + 3 * DAY
        == account_of(sandbox, account)["transaction_refresh"]["last_attempted_at"]
    )


def test_subscribing_twice_has_no_effect(sandbox, account):
    first = act(sandbox, account, "subscribe", features=["transactions"]).json
    again = act(
        sandbox, account, "subscribe", features=["transactions", "transactions"]
    ).json
    sandbox.advance(DAY + 10)

    assert first == again
    assert 2 == event_names(sandbox).count("refreshed_transactions")


def test_a_subscription_is_paused_while_the_account_is_inactive(sandbox, account):
    act(sandbox, account, "subscribe", features=["transactions"])
    sandbox.advance(10)
    sandbox.deactivate(account)
    sandbox.advance(2 * DAY)
    assert 1 == event_names(sandbox).count("refreshed_transactions")

    sandbox.reactivate(account)
    sandbox.advance(DAY)

    assert 2 == event_names(sandbox).count("refreshed_transactions")


def test_unsubscribing_ends_the_subscription_and_can_be_repeated(sandbox, account):
    act(sandbox, account, "subscribe", features=["transactions"])
    sandbox.advance(10)
    for _ in range(2):
        reply = act(sandbox, account, "unsubscribe", features=["transactions"])
        assert (200, []) == (reply.status, reply.json["subscriptions"])
    act(sandbox, account, "subscribe", features=["transactions"])
    sandbox.advance(DAY + 10)

    assert 3 == event_names(sandbox).count("refreshed_transactions")
