"""The main class of the sandbox."""

from collections.abc import Collection
from os import PathLike
from typing import Self

from attrs import asdict

from financial_connections.sandbox.actions.accounts import AccountActions
from financial_connections.sandbox.actions.holders import HolderActions
from financial_connections.sandbox.actions.requests import RequestActions
from financial_connections.sandbox.actions.sessions import SessionActions
from financial_connections.sandbox.actions.transactions import TransactionActions
from financial_connections.sandbox.actions.webhooks import WebhookActions
from financial_connections.sandbox.api.contract import load_contract
from financial_connections.sandbox.api.credentials import Key, require_test_key
from financial_connections.sandbox.api.ids import Ids
from financial_connections.sandbox.api.journal import recorded
from financial_connections.sandbox.api.pipeline import API
from financial_connections.sandbox.api.records import Merchant
from financial_connections.sandbox.api.state import State
from financial_connections.sandbox.clock import Clock
from financial_connections.sandbox.delivery import WebhookDelivery
from financial_connections.sandbox.demo import add_demo_data
from financial_connections.sandbox.institution import Institution
from financial_connections.sandbox.restore import restoring
from financial_connections.sandbox.rules import Rules
from financial_connections.sandbox.state_file import StateFile


class Sandbox(
    HolderActions,
    AccountActions,
    SessionActions,
    TransactionActions,
    WebhookActions,
    RequestActions,
):
    """An in-memory Financial Connections API for tests, demos and examples.

    Serve it with `async with serve(sandbox) as server`. The methods of a sandbox do
    what an API client cannot: they play the customer who links an account or the
    institution that has new data, and they let time pass. They take and return IDs, and
    you can call them from any thread.

    Args:
        seed: Seed for all IDs and data. The same seed produces the same data.
        clock: The sandbox's clock. Frozen by default: use `advance` to move it.
        rules: Settings for behaviour that Stripe does not specify.
        api_key: The platform's API key.
        webhook_hosts: Names of hosts, without a port, that may receive webhooks in
            addition to this machine.
        state: File that keeps the sandbox's state. If it exists, the state is restored
            from it. Every change is stored before its result is returned. Counts of
            requests start again at zero.

    Attributes:
        webhook_hosts: Names of hosts, in lower case, that may receive webhooks in
            addition to this machine. You can add further hosts.

    Raises:
        OSError: The state file cannot be opened.
        StateFileError: The file holds something else or the state of a sandbox with
            other arguments, or is damaged, in use or from an incompatible version.
        ValueError: `api_key` is not a test key.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        clock: Clock | None = None,
        rules: Rules | None = None,
        api_key: str = "sk_test_sandbox",
        webhook_hosts: Collection[str] = (),
        state: str | PathLike[str] | None = None,
    ) -> None:
        require_test_key(api_key)
        self.api_key = api_key
        self.clock = clock or Clock()
        self.webhook_hosts = {host.lower() for host in webhook_hosts}
        rules = rules or Rules()
        if state is None:
            self._create(seed, rules)
            return
        settings = {"seed": seed, "api_key": api_key, "rules": asdict(rules)}
        with restoring(StateFile(state), self.clock, settings) as restore:
            self._create(seed, rules)
            restore(self)

    def _create(self, seed: int, rules: Rules) -> None:
        contract, ids = load_contract(), Ids(seed)
        platform = Merchant(ids.new("acct"), int(self.clock.now()))
        self._state = State(self.clock, ids, rules, contract.version, platform)
        self._state.run_due()
        self.api = API(self._state, contract)
        self.api.keys[self.api_key] = Key(self.api_key, platform)
        self.delivery = WebhookDelivery(self._state, self.webhook_hosts)
        self.institution = Institution(self._state)

    def __repr__(self) -> str:
        return f"Sandbox(api_key={self.api_key!r}, accounts={len(self.accounts)})"

    @classmethod
    def demo(cls, seed: int = 0, *, clock: Clock | None = None) -> Self:
        """Return a sandbox with a customer who has six accounts.

        The accounts are a checking account with 1,250 transactions and two owners, a
        savings account, a credit card, an investment account, an inactive account and a
        disconnected one. Refreshing the checking account fetches a new balance and two
        new transactions, and posts a pending transaction.

        Args:
            seed: Seed for all IDs and data.
            clock: The sandbox's clock; frozen by default.
        """
        sandbox = cls(seed, clock=clock)
        add_demo_data(sandbox)
        return sandbox

    @recorded("advance")
    def advance(self, seconds: float) -> None:
        """Move the clock forward and run everything that becomes due.

        Args:
            seconds: Number of seconds to add.

        Raises:
            ValueError: `seconds` is negative.
        """
        with self._state.lock:
            self.clock.advance(seconds)
            self._state.run_due()

    def close(self) -> None:
        """Close the state file, if there is one. The sandbox cannot change any more."""
        with self._state.lock:
            if self._state.journal is not None:
                self._state.journal.close()
