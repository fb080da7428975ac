"""The world around the API: merchants and their keys, time, faults."""

from typing import Any

from financial_connections.sandbox.api.api import Api
from financial_connections.sandbox.api.contract import shipped_contract
from financial_connections.sandbox.api.credentials import Key, require_test_key
from financial_connections.sandbox.api.ids import Ids
from financial_connections.sandbox.api.records import Account, Customer, Merchant
from financial_connections.sandbox.api.state import State
from financial_connections.sandbox.clock import Clock
from financial_connections.sandbox.faults import Fault
from financial_connections.sandbox.quirks import Oddity
from financial_connections.sandbox.rules import Rules


class World:
    """What the rest of the sandbox stands on. Every method takes the lock, so any
    thread may call.
    """

    def __init__(
        self, seed: int, *, clock: Clock | None, rules: Rules | None, api_key: str
    ) -> None:
        require_test_key(api_key)
        self.api_key = api_key
        self.clock = clock or Clock()
        contract = shipped_contract()
        ids = Ids(seed)
        platform = Merchant(ids.new("acct"), int(self.clock.now()))
        self._state = State(
            self.clock, ids, rules or Rules(), contract.version, platform
        )
        self._state.settle()
        self.api = Api(self._state, contract)
        self.api.keys[api_key] = Key(api_key, platform)

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

    def add_customer(
        self,
        customer: str | None = None,
        *,
        email: str | None = None,
        name: str | None = None,
        stripe_account: str | None = None,
    ) -> str:
        """Add a customer, under an id of your choice that starts with `cus_`, or a new
        one.
        """
        with self.api.lock:
            self._state.settle()
            merchant = self._merchant(stripe_account)
            customer_id = customer or self._state.ids.new("cus")
            if not customer_id.startswith("cus_") or customer_id in merchant.customers:
                raise ValueError(
                    "the id of a customer starts with cus_ and is given once"
                )
            merchant.customers[customer_id] = Customer(
                customer_id, self._state.now, email, name
            )
            return customer_id

    def add_connected_account(self) -> str:
        """Add a Stripe account connected to the platform, for the header
        `Stripe-Account` or as a holder.
        """
        with self.api.lock:
            self._state.settle()
            merchant = Merchant(self._state.ids.new("acct"), self._state.now)
            self._state.platform.connected[merchant.id] = merchant
            return merchant.id

    def add_key(
        self, *, read_only: bool = False, stripe_account: str | None = None
    ) -> str:
        """Add an API key of the platform or of a connected account, restricted when it
        may only read.
        """
        with self.api.lock:
            secret = self._state.ids.new("rk_test" if read_only else "sk_test")
            self.api.keys[secret] = Key(
                secret, self._merchant(stripe_account), may_write=not read_only
            )
            return secret

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass, and with them everything that is due."""
        with self.api.lock:
            self.clock.advance(seconds)
            self._state.settle()

    def inject(self, *faults: Fault) -> None:
        """Let these faults happen, one after the other."""
        with self.api.lock:
            for fault in faults:
                self.api.faults.add(fault)

    def behave_oddly(self, *oddities: Oddity) -> None:
        """Let answers break the contract in these ways, and no others."""
        with self.api.lock:
            self.api.oddities = set(oddities)

    def _merchant(self, stripe_account: str | None) -> Merchant:
        if stripe_account is None:
            return self._state.platform
        if stripe_account not in self._state.platform.connected:
            raise LookupError(
                f"no connected account {stripe_account}: add_connected_account() first"
            )
        return self._state.platform.connected[stripe_account]

    def _merchants(self) -> list[Merchant]:
        return [self._state.platform, *self._state.platform.connected.values()]

    def _account(self, account: str) -> tuple[Merchant, Account]:
        for merchant in self._merchants():
            found = merchant.accounts.get(account)
            if found is not None:
                return merchant, found
        raise LookupError(f"no account {account}")
