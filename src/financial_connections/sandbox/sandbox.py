"""The sandbox as its users hold it in their hands."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal, Self

from starlette.types import ASGIApp

from financial_connections.sandbox import accounts, sessions, transactions
from financial_connections.sandbox.api import Api
from financial_connections.sandbox.app import application
from financial_connections.sandbox.clock import Clock
from financial_connections.sandbox.contract import shipped_contract
from financial_connections.sandbox.credentials import Key, require_test_key
from financial_connections.sandbox.faults import Fault
from financial_connections.sandbox.ids import Ids
from financial_connections.sandbox.oddities import Oddity
from financial_connections.sandbox.records import (
    FEATURES,
    PERMISSIONS,
    Account,
    Category,
    Customer,
    Merchant,
    Permission,
    Refresh,
    Session,
    Subcategory,
)
from financial_connections.sandbox.refreshes import fetch_at_once
from financial_connections.sandbox.rules import Feature, Rules
from financial_connections.sandbox.server import Server
from financial_connections.sandbox.sessions import NewAccount
from financial_connections.sandbox.state import State


class Sandbox:
    """
    A Financial Connections API of your own: stateful, in memory, the same for the same seed.

    Talk to it over HTTP (`async with serve(sandbox) as server`, or `async with sandbox`), or in process by
    `httpx.ASGITransport(sandbox.app)`; `api_key` is the key it takes. Its methods play the parts that a client
    cannot: the customer who links an account, the institution that has new data, the time that passes. They take
    and return ids, and may be called from any thread.

    `clock` is frozen by default: `advance` it. `rules` settles what Stripe leaves open.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        clock: Clock | None = None,
        rules: Rules | None = None,
        api_key: str = "sk_test_sandbox",
    ) -> None:
        require_test_key(api_key)
        self.api_key = api_key
        self.clock = clock or Clock()
        contract = shipped_contract()
        ids = Ids(seed)
        platform = Merchant(ids.new("acct"), int(self.clock.now()))
        self._state = State(self.clock, ids, rules or Rules(), contract.version, platform)
        self._state.settle()
        self.api = Api(self._state, contract)
        self.api.keys[api_key] = Key(api_key, platform)
        self._server: Server | None = None

    def __repr__(self) -> str:
        return f"Sandbox(api_key={self.api_key!r}, accounts={len(self.accounts)})"

    @cached_property
    def app(self) -> ASGIApp:
        """The ASGI application: the API, and the control endpoints below /_sandbox."""
        return application(self)

    async def __aenter__(self) -> Self:
        self._server = Server(self)
        self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.stop()
        self._server = None

    @property
    def url(self) -> str:
        """Where the sandbox listens while it is entered by `async with`."""
        if self._server is None:
            raise RuntimeError("the sandbox listens only inside `async with`; see also serve()")
        return self._server.url

    # What there is.

    @property
    def customers(self) -> list[str]:
        """The customers of the platform, oldest first."""
        return list(self._state.platform.customers)

    @property
    def accounts(self) -> list[str]:
        """The accounts of the platform, oldest first."""
        return [account.id for account in self._state.platform.accounts]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events so far, oldest first, as a webhook endpoint gets them."""
        with self.api.lock:
            self._state.settle()
            return list(self._state.events)

    # Merchants and their customers.

    def add_customer(
        self,
        customer: str | None = None,
        *,
        email: str | None = None,
        name: str | None = None,
        stripe_account: str | None = None,
    ) -> str:
        """Add a customer, under an id of your choice that starts with `cus_`, or a new one."""
        with self.api.lock:
            merchant = self._merchant(stripe_account)
            customer_id = customer or self._state.ids.new("cus")
            if not customer_id.startswith("cus_") or customer_id in merchant.customers:
                raise ValueError("the id of a customer starts with cus_ and is given once")
            merchant.customers[customer_id] = Customer(customer_id, self._now(), email, name)
            return customer_id

    def add_connected_account(self) -> str:
        """Add a Stripe account connected to the platform, for the header `Stripe-Account` or as a holder."""
        with self.api.lock:
            merchant = Merchant(self._state.ids.new("acct"), self._now())
            self._state.platform.connected[merchant.id] = merchant
            return merchant.id

    def add_key(self, *, read_only: bool = False, stripe_account: str | None = None) -> str:
        """Add an API key of the platform or of a connected account, restricted when it may only read."""
        with self.api.lock:
            secret = self._state.ids.new("rk_test" if read_only else "sk_test")
            self.api.keys[secret] = Key(secret, self._merchant(stripe_account), may_write=not read_only)
            return secret

    # Linking.

    def add_account(
        self,
        *,
        customer: str | None = None,
        category: Category = "cash",
        subcategory: Subcategory | None = None,
        institution_name: str = "Example Bank",
        display_name: str | None = None,
        last4: str | None = None,
        currency: str = "usd",
        permissions: Sequence[Permission] = PERMISSIONS,
        balance: int | None = None,
        owners: int = 0,
        transactions: int = 0,
        refreshed: Sequence[Feature] | None = None,
        stripe_account: str | None = None,
    ) -> str:
        """
        Link an account without a session, for `customer` or a new one.

        `balance` (cents), `owners` and `transactions` (how many) are what the institution holds. What is given is
        also fetched, unless `refreshed` tells what is.
        """
        new = NewAccount(
            category=category,
            subcategory=subcategory,
            institution_name=institution_name,
            display_name=display_name,
            last4=last4,
            currency=currency,
            permissions=permissions,
            balance=balance,
            owners=owners or 1,
            transactions=transactions,
        )
        given = {"balance": balance is not None, "ownership": owners > 0, "transactions": transactions > 0}
        fetched = [feature for feature in FEATURES if given[feature]] if refreshed is None else refreshed
        with self.api.lock:
            merchant = self._merchant(stripe_account)
            holder = customer or self.add_customer(stripe_account=stripe_account)
            if holder not in merchant.customers:
                raise LookupError(f"no customer {holder}: add_customer() first")
            self._settle()
            account = sessions.link(self._state, merchant, holder, new)
            self._state.emit("created", merchant, account)
            for feature in fetched:
                fetch_at_once(self._state, merchant, account, feature)
            return account.id

    def complete(self, session: str, accounts: Sequence[NewAccount] = (NewAccount(),)) -> list[str]:
        """Let the customer consent: link these accounts in the session, and return their ids."""
        with self.api.lock:
            self._settle()
            merchant, found = self._session(session)
            return [account.id for account in sessions.complete(self._state, merchant, found, accounts)]

    def cancel(self, session: str) -> None:
        """Let the customer close the session without linking anything."""
        with self.api.lock:
            sessions.cancel(self._session(session)[1])

    # The institution's side.

    def add_transactions(
        self,
        account: str,
        count: int = 1,
        *,
        status: Literal["pending", "posted"] = "posted",
        transacted_at: int | None = None,
        at_next_refresh: bool = False,
    ) -> list[str]:
        """
        Let the institution have new transactions, and return their ids.

        They are fetched by a refresh of their own at once, or wait for the next one that succeeds.
        """
        with self.api.lock:
            merchant, found = self._account(account)
            moment = self._now() if transacted_at is None else transacted_at
            new = [transactions.new_transaction(self._state, found, moment, status) for _ in range(count)]
            self._change(
                merchant, found, transactions.arrival(self._state, merchant, found, new), at_next_refresh
            )
            return [transaction.id for transaction in new]

    def post(self, transaction: str, *, at_next_refresh: bool = False) -> None:
        """Let a pending transaction become posted, at once or with the next refresh."""
        self._resolve(transaction, "posted", at_next_refresh)

    def void(self, transaction: str, *, at_next_refresh: bool = False) -> None:
        """Let a pending transaction become void, at once or with the next refresh."""
        self._resolve(transaction, "void", at_next_refresh)

    def set_balance(self, account: str, cents: int) -> None:
        """Let the institution's balance be this; the API tells it after the next refresh."""
        with self.api.lock:
            self._account(account)[1].institution.balance = cents

    def fail_refreshes(self, account: str, *features: Feature) -> None:
        """Let refreshes of these features (none: of all) fail from now on."""
        with self.api.lock:
            self._account(account)[1].institution.failing = set(features or FEATURES)

    def mend_refreshes(self, account: str) -> None:
        """Let refreshes succeed again."""
        with self.api.lock:
            self._account(account)[1].institution.failing = set()

    def deactivate(self, account: str, *, after: float = 0) -> None:
        """Let the institution close its side, `after` so many seconds of the clock."""
        self._change_status(account, "inactive", after)

    def reactivate(self, account: str, *, after: float = 0) -> None:
        """Let the institution open its side again, `after` so many seconds of the clock."""
        self._change_status(account, "active", after)

    def disconnect(self, account: str) -> None:
        """Let the access end for good."""
        with self.api.lock:
            self._settle()
            accounts.disconnect(self._state, *self._account(account))

    # Time and faults.

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass, and with them everything that is due."""
        with self.api.lock:
            self.clock.advance(seconds)
            self._settle()

    def inject(self, *faults: Fault) -> None:
        """Let these faults happen, one after the other."""
        with self.api.lock:
            for fault in faults:
                self.api.faults.add(fault)

    def behave_oddly(self, *oddities: Oddity) -> None:
        """Let answers break the contract in these ways, and no others."""
        with self.api.lock:
            self.api.oddities = set(oddities)

    def _settle(self) -> None:
        self._state.settle()

    def _now(self) -> int:
        self._settle()
        return self._state.now

    def _merchant(self, stripe_account: str | None) -> Merchant:
        if stripe_account is None:
            return self._state.platform
        if stripe_account not in self._state.platform.connected:
            raise LookupError(f"no connected account {stripe_account}: add_connected_account() first")
        return self._state.platform.connected[stripe_account]
