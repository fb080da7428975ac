"""Consistency of an account after any sequence of requests and events."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from financial_connections.sandbox import Sandbox
from tests.support.sandbox_calls import TRANSACTIONS, account_of, act, get, refresh

DAY = 86_400


class Lifecycle(RuleBasedStateMachine):
    """Any sequence of requests and events that change an account."""

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
        before = account_of(self.sandbox, self.account)
        reply = refresh(self.sandbox, self.account, *features)
        assert reply.status in {200, 400}
        assert reply.status == 200 or before == account_of(self.sandbox, self.account)

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
    def the_account_is_consistent(self):
        if not hasattr(self, "sandbox"):
            return
        account = account_of(self.sandbox, self.account)
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


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None
)
