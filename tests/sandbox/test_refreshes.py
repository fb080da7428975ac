"""Status, data, events and errors of refreshes."""

import pytest

from financial_connections.sandbox import Rules, Sandbox
from financial_connections.sandbox.clock import START
from tests.support.sandbox_calls import (
    ACCOUNTS,
    EVENT_PREFIX,
    TRANSACTIONS,
    account_of,
    act,
    get,
    refresh,
)


@pytest.fixture
def account(sandbox):
    return sandbox.add_account(balance=100, owners=1, transactions=2, refreshed=[])


def test_an_account_without_refreshes_has_no_data(sandbox, account):
    names = [
        "balance",
        "balance_refresh",
        "ownership",
        "ownership_refresh",
        "transaction_refresh",
    ]

    assert dict.fromkeys(names) == {
        name: account_of(sandbox, account)[name] for name in names
    }
    assert [] == get(sandbox, TRANSACTIONS, {"account": account}).ids


def test_the_response_to_a_refresh_request_shows_pending(sandbox, account):
    sandbox.advance(10)
    reply = refresh(sandbox, account, "balance")

    pending = {
        "last_attempted_at": START + 10,
        "next_refresh_available_at": None,
        "status": "pending",
    }
    assert (200, pending, None) == (
        reply.status,
        reply.json["balance_refresh"],
        reply.json["balance"],
    )
    assert reply.json["ownership_refresh"] is None
    assert reply.json["transaction_refresh"] is None


def test_data_appears_when_the_refresh_succeeds(sandbox, account):
    refresh(sandbox, account, "balance", "ownership", "transactions")
    sandbox.advance(4)
    assert account_of(sandbox, account)["balance"] is None

    sandbox.advance(1)

    after = account_of(sandbox, account)
    cash = {
        "as_of": START + 5,
        "current": {"usd": 100},
        "cash": {"available": {"usd": 100}},
        "type": "cash",
    }
    assert cash == after["balance"]
    assert {
        "last_attempted_at": START,
        "next_refresh_available_at": START + 60,
        "status": "succeeded",
    } == after["ownership_refresh"]
    assert after["ownership"].startswith("fcaowns_")
    expected = {
        "last_attempted_at": START,
        "next_refresh_available_at": START + 60,
        "status": "succeeded",
    }
    assert expected == after["balance_refresh"]
    assert 2 == len(get(sandbox, TRANSACTIONS, {"account": account}).ids)


def test_the_second_poll_finishes_a_refresh(sandbox, account):
    refresh(sandbox, account, "balance")
    statuses = [
        get(sandbox, f"{ACCOUNTS}/{account}").json["balance_refresh"]["status"]
        for _ in range(3)
    ]

    assert ["pending", "succeeded", "succeeded"] == statuses


def test_the_rules_can_prevent_polls_from_finishing_a_refresh():
    sandbox = Sandbox(rules=Rules(refresh_seconds=30, refresh_polls=None))
    account = sandbox.add_account()
    refresh(sandbox, account, "balance")
    for _ in range(10):
        assert (
            "pending"
            == get(sandbox, f"{ACCOUNTS}/{account}").json["balance_refresh"]["status"]
        )

    sandbox.advance(30)

    assert (
        "succeeded"
        == get(sandbox, f"{ACCOUNTS}/{account}").json["balance_refresh"]["status"]
    )


def test_a_failed_refresh_keeps_the_previous_data(sandbox, account):
    refresh(sandbox, account, "balance", "transactions")
    sandbox.advance(60)
    before = account_of(sandbox, account)
    transactions = get(sandbox, TRANSACTIONS, {"account": account}).body
    sandbox.set_balance(account, 999)
    sandbox.add_transactions(account, at_next_refresh=True)
    sandbox.fail_refreshes(account)
    refresh(sandbox, account, "balance", "transactions")
    sandbox.advance(60)
    after = account_of(sandbox, account)

    assert before["balance"] == after["balance"]
    assert transactions == get(sandbox, TRANSACTIONS, {"account": account}).body
    assert ["failed", "failed"] == [
        after[f"{name}_refresh"]["status"] for name in ("balance", "transaction")
    ]
    assert START + 60 == after["balance_refresh"]["last_attempted_at"]

    sandbox.restore_refreshes(account)
    refresh(sandbox, account, "balance", "transactions")
    sandbox.advance(5)
    assert {"usd": 999} == account_of(sandbox, account)["balance"]["current"]
    assert 3 == len(get(sandbox, TRANSACTIONS, {"account": account}).ids)


@pytest.mark.parametrize("feature", ["balance", "ownership", "transactions"])
def test_success_and_failure_emit_the_same_event(sandbox, account, feature):
    refresh(sandbox, account, feature)
    sandbox.advance(60)
    sandbox.fail_refreshes(account, feature)
    refresh(sandbox, account, feature)
    sandbox.advance(60)

    refreshed = [
        event
        for event in sandbox.events
        if event["type"] == f"{EVENT_PREFIX}refreshed_{feature}"
    ]
    name = "transaction_refresh" if feature == "transactions" else f"{feature}_refresh"
    assert ["succeeded", "failed"] == [
        event["data"]["object"][name]["status"] for event in refreshed
    ]


def test_each_transaction_refresh_marks_the_transactions_it_changes(sandbox, account):
    first = refresh(sandbox, account, "transactions").json["transaction_refresh"]["id"]
    sandbox.advance(60)
    [pending, void] = sandbox.add_transactions(
        account, 2, status="pending", at_next_refresh=True
    )
    second = refresh(sandbox, account, "transactions").json["transaction_refresh"]["id"]
    sandbox.advance(60)
    sandbox.post(pending, at_next_refresh=True)
    sandbox.void(void, at_next_refresh=True)
    before = get(sandbox, f"{TRANSACTIONS}/{pending}").json
    third = refresh(sandbox, account, "transactions").json["transaction_refresh"]["id"]
    sandbox.advance(60)
    posted, voided = (
        get(sandbox, f"{TRANSACTIONS}/{item}").json for item in (pending, void)
    )

    assert 3 == len({first, second, third})
    assert (second, "pending", START + 65) == (
        before["transaction_refresh"],
        before["status"],
        before["updated"],
    )
    assert {"posted_at": None, "void_at": None} == before["status_transitions"]
    assert (third, "posted", START + 125) == (
        posted["transaction_refresh"],
        posted["status"],
        posted["updated"],
    )
    assert {"posted_at": START + 125, "void_at": None} == posted["status_transitions"]
    assert (third, "void") == (voided["transaction_refresh"], voided["status"])
    assert {"posted_at": None, "void_at": START + 125} == voided["status_transitions"]
    refreshes = {
        item["transaction_refresh"]
        for item in get(sandbox, TRANSACTIONS, {"account": account}).json["data"]
    }
    assert {first, third} == refreshes


def test_only_pending_transactions_can_be_posted_or_voided(sandbox, account):
    [transaction] = sandbox.add_transactions(account, status="pending")
    sandbox.post(transaction)

    for change in (sandbox.post, sandbox.void):
        with pytest.raises(ValueError, match="is posted, not pending"):
            change(transaction)


def test_new_transactions_are_fetched_by_the_pending_refresh(sandbox, account):
    pending = refresh(sandbox, account, "transactions").json["transaction_refresh"][
        "id"
    ]
    [new] = sandbox.add_transactions(account)

    assert pending == get(sandbox, f"{TRANSACTIONS}/{new}").json["transaction_refresh"]


@pytest.mark.parametrize("seconds", [0, 4, 5, 59])
def test_a_pending_or_early_refresh_is_rejected(sandbox, account, seconds):
    refresh(sandbox, account, "balance")
    sandbox.advance(seconds)
    before = account_of(sandbox, account)

    reply = refresh(sandbox, account, "ownership", "balance")

    assert (400, "invalid_request_error") == (reply.status, reply.error["type"])
    assert "features[1]" == reply.error["param"]
    assert before == account_of(sandbox, account)


def test_the_next_refresh_is_accepted_at_next_refresh_available_at(sandbox, account):
    refresh(sandbox, account, "balance")
    sandbox.advance(60)

    assert (
        sandbox.clock.now()
        == account_of(sandbox, account)["balance_refresh"]["next_refresh_available_at"]
    )
    assert 200 == refresh(sandbox, account, "balance").status


def test_an_early_refresh_can_join_the_pending_one():
    sandbox = Sandbox(rules=Rules(early_refresh="join"))
    account = sandbox.add_account()
    first = refresh(sandbox, account, "transactions").json
    second = refresh(sandbox, account, "transactions", "ownership").json

    assert first["transaction_refresh"] == second["transaction_refresh"]
    assert "pending" == second["ownership_refresh"]["status"]


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize(
    ("feature", "permission"),
    [
        ("balance", "balances"),
        ("ownership", "ownership"),
        ("transactions", "transactions"),
    ],
)
def test_a_refresh_requires_the_permission_for_its_feature(feature, permission, status):
    sandbox = Sandbox(rules=Rules(missing_permission_status=status))
    others = {"balances", "ownership", "payment_method", "transactions"} - {permission}
    account = sandbox.add_account(permissions=sorted(others))

    reply = refresh(sandbox, account, feature)

    assert (status, "invalid_request_error") == (reply.status, reply.error["type"])
    assert (
        200
        == refresh(
            sandbox, sandbox.add_account(permissions=[permission]), feature
        ).status
    )


def test_reading_or_subscribing_to_transactions_requires_the_permission(sandbox):
    account = sandbox.add_account(permissions=["balances"])

    assert 403 == get(sandbox, TRANSACTIONS, {"account": account}).status
    assert 403 == act(sandbox, account, "subscribe", features=["transactions"]).status
