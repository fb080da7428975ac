"""A sandbox in which random things happen."""

from random import Random

from financial_connections.sandbox import NewAccount, Sandbox
from financial_connections.sandbox.api.terms import (
    FEATURES,
    PERMISSIONS,
    SUBCATEGORIES,
)
from tests.support.sandbox_calls import (
    ACCOUNTS,
    EVENTS,
    SESSIONS,
    TRANSACTIONS,
    get,
    open_sessions,
    post,
)

STEPS = 200


class RandomScenario:
    """A sandbox in which random things happen.

    The methods that begin with `_do_` perform an action. Those that begin
    with `_call_` send a request and return the operation's name and the response.
    """

    def __init__(self, seed, sandbox=None):
        self.random = Random(seed)
        self.sandbox = sandbox or Sandbox(seed)
        self.holders = [
            ("customer", self.sandbox.add_customer()),
            ("customer_account", self.sandbox.add_customer_account()),
            ("account", self.sandbox.add_connected_account()),
        ]
        self.account = self.sandbox.add_account(balance=1, owners=2, transactions=3)

    def run(self):
        """Yield the responses of a random sequence of steps."""
        actions = [getattr(self, name) for name in dir(self) if name.startswith("_do_")]
        calls = [getattr(self, name) for name in dir(self) if name.startswith("_call_")]
        for _ in range(STEPS):
            if self.random.random() < 0.5:
                # Not every action is possible in every state.
                try:
                    self.random.choice(actions)()
                except ValueError:
                    continue
            else:
                yield self.random.choice(calls)()
            self.account = self.random.choice(self.sandbox.accounts)

    def sample(self, values):
        values = list(values)
        return self.random.sample(values, self.random.randint(1, len(values)))

    def new(self):
        category = self.random.choice(list(SUBCATEGORIES))
        return NewAccount(
            category=category,
            subcategory=self.random.choice(SUBCATEGORIES[category]),
            tokenized=self.random.random() < 0.8,
            transactions=2,
        )

    def _do_advance(self):
        self.sandbox.advance(self.random.choice([1, 60, 86_400, 30 * 86_400]))

    def _do_schedule_deactivation(self):
        self.sandbox.institution.schedule_deactivation(
            self.account,
            after=self.random.choice([0, 60, 40 * 86_400]),
            action=self.random.choice(["none", "relink_required"]),
            cause=self.random.choice(
                ["access_expired", "institution_requirement", "unspecified"]
            ),
        )

    def _do_schedule_number_expiry(self):
        self.sandbox.institution.schedule_number_expiry(
            self.account, after=self.random.choice([0, 60, 40 * 86_400])
        )

    def _do_deactivate_number(self):
        self.sandbox.institution.deactivate_number(self.account)

    def _do_deactivate(self):
        self.sandbox.deactivate(self.account)

    def _do_reactivate(self):
        self.sandbox.reactivate(self.account)

    def _do_add_transactions(self):
        self.sandbox.add_transactions(self.account, at_next_refresh=True)

    def _do_complete(self):
        for session in open_sessions(self.sandbox):
            own = [
                account.id
                for account in self.sandbox._state.platform.accounts
                if account.holder == session.holder
            ]
            again = (
                [self.random.choice(own)] if own and self.random.random() < 0.5 else []
            )
            self.sandbox.complete(session.id, [*again, self.new()])

    def _do_enter_bank_account(self):
        for session in open_sessions(self.sandbox):
            self.sandbox.enter_bank_account(session.id)

    def _call_create(self):
        kind, holder = self.random.choice(self.holders)
        permissions = self.sample(PERMISSIONS)
        params = {
            "account_holder": {
                "type": "account" if kind == "account" else "customer",
                kind: holder,
            },
            "permissions": permissions,
        }
        prefetch = [item for item in permissions if item != "payment_method"]
        optional = {
            "filters": {
                "account_subcategories": ["checking", "savings", "mortgage"],
                "country": "US",
                "require_payment_method_support": self.random.choice(
                    ["all", "at_least_one", "none"]
                ),
            },
            "limits": {"accounts": self.random.choice([1, 2, ""])},
            "manual_entry": {"mode": self.random.choice(["automatic", "disabled"])},
            "return_url": "https://example.com",
            **({"prefetch": prefetch} if prefetch else {}),
        }
        names = self.sample(optional)
        params |= {name: optional[name] for name in names}
        return "create_session", post(self.sandbox, SESSIONS, params)

    def _call_retrieve_session(self):
        sessions = list(self.sandbox._state.platform.sessions)
        if not sessions:
            return self._call_create()
        path = f"{SESSIONS}/{self.random.choice(sessions)}"
        expand = "expand[]=accounts.data.account_holder.customer"
        return "retrieve_session", get(self.sandbox, path, expand)

    def _call_retrieve_account(self):
        return "retrieve_account", get(self.sandbox, f"{ACCOUNTS}/{self.account}")

    def _call_list_accounts(self):
        return "list_accounts", get(self.sandbox, ACCOUNTS, "expand[]=data.ownership")

    def _call_refresh(self):
        path = f"{ACCOUNTS}/{self.account}/refresh"
        params = {"features": self.sample(FEATURES)}
        return "refresh_account", post(self.sandbox, path, params)

    def _call_subscribe(self):
        path = f"{ACCOUNTS}/{self.account}/subscribe"
        return "subscribe_account", post(self.sandbox, path, "features[]=transactions")

    def _call_list_transactions(self):
        query = {"account": self.account}
        return "list_transactions", get(self.sandbox, TRANSACTIONS, query)

    def _call_list_events(self):
        query = {"delivery_success": self.random.choice(["true", "false"])}
        return "list_events", get(self.sandbox, EVENTS, query)

    def _call_retrieve_event(self):
        event = self.random.choice(self.sandbox.events[-5:])
        return "retrieve_event", get(self.sandbox, f"{EVENTS}/{event['id']}")

    def _call_disconnect(self):
        if self.random.random() < 0.95:
            return self._call_retrieve_account()
        path = f"{ACCOUNTS}/{self.account}/disconnect"
        return "disconnect_account", post(self.sandbox, path)
