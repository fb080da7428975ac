"""The life of a refresh, subscriptions, and the ways an account stops giving data."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from financial_connections.sandbox import Rules, Sandbox
from financial_connections.sandbox.clock import START
from tests.support.sandbox_calls import ACCOUNTS, TRANSACTIONS, get, post

DAY = 86_400
PREFIX = "financial_connections.account."


@pytest.fixture
def account(sandbox):
    return sandbox.add_account(balance=100, owners=1, transactions=2, refreshed=[])


def refresh(sandbox, account, *features):
    return post(sandbox, f"{ACCOUNTS}/{account}/refresh", {"features": list(features)})


def act(sandbox, account, action, **params):
    return post(sandbox, f"{ACCOUNTS}/{account}/{action}", params)


def shape(sandbox, account):
    """The account as it is, read from the list, which counts as no poll."""
    return next(
        item
        for item in get(sandbox, ACCOUNTS, "limit=100").json["data"]
        if item["id"] == account
    )


def events(sandbox):
    return [event["type"].removeprefix(PREFIX) for event in sandbox.events]


def test_before_the_first_attempt_there_is_nothing(sandbox, account):
    names = [
        "balance",
        "balance_refresh",
        "ownership",
        "ownership_refresh",
        "transaction_refresh",
    ]

    assert dict.fromkeys(names) == {
        name: shape(sandbox, account)[name] for name in names
    }
    assert [] == get(sandbox, TRANSACTIONS, {"account": account}).ids


def test_the_answer_to_a_refresh_only_says_pending(sandbox, account):
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
    assert shape(sandbox, account)["balance"] is None

    sandbox.advance(1)

    after = shape(sandbox, account)
    cash = {
        "as_of": START + 5,
        "current": {"usd": 100},
        "cash": {"available": {"usd": 100}},
        "type": "cash",
    }
    assert cash == after["balance"]
    assert {"last_attempted_at": START, "status": "succeeded"} == after[
        "ownership_refresh"
    ]
    assert after["ownership"].startswith("fcaowns_")
    expected = {
        "last_attempted_at": START,
        "next_refresh_available_at": START + 60,
        "status": "succeeded",
    }
    assert expected == after["balance_refresh"]
    assert 2 == len(get(sandbox, TRANSACTIONS, {"account": account}).ids)


def test_a_client_that_polls_need_not_wait(sandbox, account):
    refresh(sandbox, account, "balance")
    statuses = [
        get(sandbox, f"{ACCOUNTS}/{account}").json["balance_refresh"]["status"]
        for _ in range(3)
    ]

    assert ["pending", "succeeded", "succeeded"] == statuses


def test_polls_do_not_help_with_a_bank_that_only_counts_time():
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


def test_a_failed_refresh_keeps_what_was_there(sandbox, account):
    refresh(sandbox, account, "balance", "transactions")
    sandbox.advance(60)
    before = shape(sandbox, account)
    transactions = get(sandbox, TRANSACTIONS, {"account": account}).body
    sandbox.set_balance(account, 999)
    sandbox.add_transactions(account, at_next_refresh=True)
    sandbox.fail_refreshes(account)
    refresh(sandbox, account, "balance", "transactions")
    sandbox.advance(60)
    after = shape(sandbox, account)

    assert before["balance"] == after["balance"]
    assert transactions == get(sandbox, TRANSACTIONS, {"account": account}).body
    assert ["failed", "failed"] == [
        after[f"{name}_refresh"]["status"] for name in ("balance", "transaction")
    ]
    assert START + 60 == after["balance_refresh"]["last_attempted_at"]

    sandbox.restore_refreshes(account)
    refresh(sandbox, account, "balance", "transactions")
    sandbox.advance(5)
    assert {"usd": 999} == shape(sandbox, account)["balance"]["current"]
    assert 3 == len(get(sandbox, TRANSACTIONS, {"account": account}).ids)


@pytest.mark.parametrize("feature", ["balance", "ownership", "transactions"])
def test_success_and_failure_are_told_by_the_same_event(sandbox, account, feature):
    refresh(sandbox, account, feature)
    sandbox.advance(60)
    sandbox.fail_refreshes(account, feature)
    refresh(sandbox, account, feature)
    sandbox.advance(60)

    told = [
        event
        for event in sandbox.events
        if event["type"] == f"{PREFIX}refreshed_{feature}"
    ]
    name = "transaction_refresh" if feature == "transactions" else f"{feature}_refresh"
    assert ["succeeded", "failed"] == [
        event["data"]["object"][name]["status"] for event in told
    ]


def test_each_transaction_refresh_has_an_id_that_it_leaves_on_what_it_touches(
    sandbox, account
):
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


def test_what_is_not_pending_cannot_be_posted_or_voided(sandbox, account):
    [transaction] = sandbox.add_transactions(account, status="pending")
    sandbox.post(transaction)

    for change in (sandbox.post, sandbox.void):
        with pytest.raises(ValueError, match="is posted, not pending"):
            change(transaction)


def test_new_transactions_of_the_bank_come_with_the_refresh_that_is_under_way(
    sandbox, account
):
    pending = refresh(sandbox, account, "transactions").json["transaction_refresh"][
        "id"
    ]
    [new] = sandbox.add_transactions(account)

    assert pending == get(sandbox, f"{TRANSACTIONS}/{new}").json["transaction_refresh"]


@pytest.mark.parametrize("seconds", [0, 4, 5, 59])
def test_a_refresh_under_way_or_too_early_is_refused(sandbox, account, seconds):
    refresh(sandbox, account, "balance")
    sandbox.advance(seconds)
    before = shape(sandbox, account)

    reply = refresh(sandbox, account, "ownership", "balance")

    assert (400, "invalid_request_error") == (reply.status, reply.error["type"])
    assert "features[1]" == reply.error["param"]
    assert before == shape(sandbox, account)


def test_a_refresh_is_available_again_when_it_says(sandbox, account):
    refresh(sandbox, account, "balance")
    sandbox.advance(60)

    assert (
        sandbox.clock.now()
        == shape(sandbox, account)["balance_refresh"]["next_refresh_available_at"]
    )
    assert 200 == refresh(sandbox, account, "balance").status


def test_an_early_refresh_may_join_the_one_that_runs():
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
def test_a_feature_needs_its_permission(feature, permission, status):
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


def test_transactions_need_their_permission_to_be_read_or_subscribed_to(sandbox):
    account = sandbox.add_account(permissions=["balances"])

    assert 403 == get(sandbox, TRANSACTIONS, {"account": account}).status
    assert 403 == act(sandbox, account, "subscribe", features=["transactions"]).status


def test_an_inactive_account_is_neither_refreshed_nor_subscribed_to(sandbox, account):
    sandbox.deactivate(account)

    for action in ("refresh", "subscribe"):
        reply = act(sandbox, account, action, features=["transactions"])
        assert 400 == reply.status
        assert "financial_connections_account_inactive" == reply.error["code"]
    sandbox.reactivate(account)
    assert 200 == refresh(sandbox, account, "transactions").status


def test_a_refresh_that_was_under_way_when_the_account_went_inactive_fails(
    sandbox, account
):
    refresh(sandbox, account, "balance")
    sandbox.deactivate(account)
    sandbox.advance(5)

    assert ("failed", None) == (
        shape(sandbox, account)["balance_refresh"]["status"],
        shape(sandbox, account)["balance"],
    )


def test_only_the_institution_makes_an_account_inactive_or_active(sandbox, account):
    sandbox.deactivate(account, after=60)
    assert "active" == shape(sandbox, account)["status"]
    sandbox.advance(60)
    assert "inactive" == shape(sandbox, account)["status"]
    sandbox.deactivate(account)
    sandbox.reactivate(account)

    assert ["created", "deactivated", "reactivated"] == events(sandbox)


def test_subscribing_refreshes_at_once_and_then_daily(sandbox, account):
    reply = act(sandbox, account, "subscribe", features=["transactions"]).json
    assert ["transactions"] == reply["subscriptions"]
    assert "pending" == reply["transaction_refresh"]["status"]

    sandbox.advance(3 * DAY + 10)

    assert 4 == events(sandbox).count("refreshed_transactions")
    assert (
        START + 3 * DAY
        == shape(sandbox, account)["transaction_refresh"]["last_attempted_at"]
    )


def test_subscribing_twice_is_subscribing_once(sandbox, account):
    first = act(sandbox, account, "subscribe", features=["transactions"]).json
    again = act(
        sandbox, account, "subscribe", features=["transactions", "transactions"]
    ).json
    sandbox.advance(DAY + 10)

    assert first == again
    assert 2 == events(sandbox).count("refreshed_transactions")


def test_a_subscription_rests_while_the_account_is_inactive(sandbox, account):
    act(sandbox, account, "subscribe", features=["transactions"])
    sandbox.advance(10)
    sandbox.deactivate(account)
    sandbox.advance(2 * DAY)
    assert 1 == events(sandbox).count("refreshed_transactions")

    sandbox.reactivate(account)
    sandbox.advance(DAY)

    assert 2 == events(sandbox).count("refreshed_transactions")


def test_unsubscribing_ends_it_and_may_be_repeated(sandbox, account):
    act(sandbox, account, "subscribe", features=["transactions"])
    sandbox.advance(10)
    for _ in range(2):
        reply = act(sandbox, account, "unsubscribe", features=["transactions"])
        assert (200, []) == (reply.status, reply.json["subscriptions"])
    act(sandbox, account, "subscribe", features=["transactions"])
    sandbox.advance(DAY + 10)

    assert 3 == events(sandbox).count("refreshed_transactions")


def test_a_disconnected_account_stays_so_and_gives_no_data(sandbox):
    account = sandbox.add_account(balance=1, owners=1, transactions=1)
    [transaction] = get(sandbox, TRANSACTIONS, {"account": account}).ids
    ownership = shape(sandbox, account)["ownership"]
    act(sandbox, account, "subscribe", features=["transactions"])

    reply = act(sandbox, account, "disconnect")

    gone = {
        "status": "disconnected",
        "subscriptions": [],
        "ownership": None,
        "balance": None,
    }
    assert gone == {name: reply.json[name] for name in gone}
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
    assert "disconnected" == events(sandbox)[-1]
    with pytest.raises(ValueError, match="permanently disconnected"):
        sandbox.reactivate(account)
    with pytest.raises(ValueError, match="cannot be refreshed"):
        sandbox.add_transactions(account)


def test_a_refresh_that_was_under_way_at_a_disconnect_fails_without_an_event(
    sandbox, account
):
    refresh(sandbox, account, "balance")
    reply = act(sandbox, account, "disconnect")
    sandbox.advance(5)

    assert "failed" == reply.json["balance_refresh"]["status"]
    assert ["created", "disconnected"] == events(sandbox)


def test_data_fetched_before_a_disconnect_may_be_kept():
    sandbox = Sandbox(rules=Rules(data_after_disconnect="kept"))
    account = sandbox.add_account(balance=1, owners=1, transactions=1)
    reply = act(sandbox, account, "disconnect")

    assert {"usd": 1} == reply.json["balance"]["current"]
    assert reply.json["ownership"] is None
    assert 1 == len(get(sandbox, TRANSACTIONS, {"account": account}).ids)


def test_disconnecting_again_gives_the_account_or_a_refusal():
    for rule_of, status in (("accept", 200), ("refuse", 400)):
        sandbox = Sandbox(rules=Rules(repeated_disconnect=rule_of))
        account = sandbox.add_account()
        act(sandbox, account, "disconnect")
        assert status == act(sandbox, account, "disconnect").status
        assert 1 == events(sandbox).count("disconnected")


def test_an_event_holds_the_whole_account_as_it_was(sandbox, account):
    sandbox.deactivate(account)
    sandbox.reactivate(account)
    created, deactivated, _ = sandbox.events

    assert "event" == deactivated["object"]
    assert deactivated["id"].startswith("evt_")
    assert ("2023-10-16", START, False) == tuple(
        deactivated[name] for name in ("api_version", "created", "livemode")
    )
    assert "inactive" == deactivated["data"]["object"]["status"]
    assert shape(sandbox, account) == created["data"]["object"]


class Lives(RuleBasedStateMachine):
    """Any sequence of things that can happen to an account."""

    @initialize()
    def start(self):
        self.sandbox = Sandbox()
        self.account = self.sandbox.add_account(balance=1, owners=1, transactions=3)
        self.disconnected = False
        self.attempts = {}

    @rule(
        features=st.lists(
            st.sampled_from(["balance", "ownership", "transactions"]), min_size=1
        )
    )
    def refresh(self, features):
        before = shape(self.sandbox, self.account)
        reply = refresh(self.sandbox, self.account, *features)
        assert reply.status in {200, 400}
        assert reply.status == 200 or before == shape(self.sandbox, self.account)

    @rule(action=st.sampled_from(["subscribe", "unsubscribe"]))
    def subscription(self, action):
        reply = act(self.sandbox, self.account, action, features=["transactions"])
        assert reply.status in {200, 400}

    @rule(seconds=st.sampled_from([1, 5, 60, DAY, 3 * DAY]))
    def advance(self, seconds):
        self.sandbox.advance(seconds)

    @rule(
        change=st.sampled_from(
            ["deactivate", "reactivate", "fail_refreshes", "restore_refreshes"]
        )
    )
    def institution(self, change):
        if not self.disconnected:
            getattr(self.sandbox, change)(self.account)

    @rule()
    def disconnect(self):
        assert 200 == act(self.sandbox, self.account, "disconnect").status
        self.disconnected = True

    @invariant()
    def the_account_makes_sense(self):
        if not hasattr(self, "sandbox"):
            return
        account = shape(self.sandbox, self.account)
        assert (account["status"] == "disconnected") is self.disconnected
        for name in ("balance_refresh", "transaction_refresh"):
            state = account[name]
            assert state is None or (state["status"] == "pending") is (
                state["next_refresh_available_at"] is None
            )
        if self.disconnected:
            assert [None, None, []] == [
                account[name] for name in ("balance", "ownership", "subscriptions")
            ]
            assert (
                400 == get(self.sandbox, TRANSACTIONS, {"account": self.account}).status
            )
        else:
            assert account["balance"] is not None
            assert 3 == len(
                get(self.sandbox, TRANSACTIONS, {"account": self.account}).ids
            )


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
