"""The institution's part: new data, trouble, and the end of an access."""

from functools import partial
from typing import Literal

from financial_connections.sandbox.api import accounts, transactions
from financial_connections.sandbox.api.records import (
    FEATURES,
    Account,
    Change,
    Merchant,
)
from financial_connections.sandbox.api.refreshes import fetch_at_once
from financial_connections.sandbox.rules import Feature
from financial_connections.sandbox.world import World


class Institution(World):
    """What happens to accounts from outside."""

    def add_transactions(
        self,
        account: str,
        count: int = 1,
        *,
        status: Literal["pending", "posted"] = "posted",
        transacted_at: int | None = None,
        at_next_refresh: bool = False,
    ) -> list[str]:
        """Let the institution have new transactions, and return their ids.

        They are fetched at once by a refresh of their own, or wait for the next one
        that succeeds.
        """
        with self.api.lock:
            self._state.settle()
            merchant, found = self._account(account)
            moment = self._state.now if transacted_at is None else transacted_at
            new = [
                transactions.new_transaction(self._state, found, moment, status)
                for _ in range(count)
            ]
            change = transactions.arrival(self._state, merchant, found, new)
            self._change(merchant, found, change, at_next_refresh=at_next_refresh)
            return [transaction.id for transaction in new]

    def post(self, transaction: str, *, at_next_refresh: bool = False) -> None:
        """Let a pending transaction become posted, at once or with the next refresh."""
        self._resolve(transaction, "posted", at_next_refresh=at_next_refresh)

    def void(self, transaction: str, *, at_next_refresh: bool = False) -> None:
        """Let a pending transaction become void, at once or with the next refresh."""
        self._resolve(transaction, "void", at_next_refresh=at_next_refresh)

    def set_balance(self, account: str, cents: int) -> None:
        """Let the institution's balance be this; the API tells it after the next
        refresh.
        """
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
        """Let the institution open its side again, `after` so many seconds of the
        clock.
        """
        self._change_status(account, "active", after)

    def disconnect(self, account: str) -> None:
        """Let the access end for good."""
        with self.api.lock:
            self._state.settle()
            accounts.disconnect(self._state, *self._account(account))

    def _change_status(
        self, account: str, status: Literal["active", "inactive"], after: float
    ) -> None:
        with self.api.lock:
            self._state.settle()
            merchant, found = self._account(account)
            change = partial(
                accounts.change_status, self._state, merchant, found, status
            )
            if after:
                self._state.at(self._state.now + after, change)
            else:
                change()

    def _resolve(
        self,
        transaction: str,
        status: Literal["posted", "void"],
        *,
        at_next_refresh: bool,
    ) -> None:
        with self.api.lock:
            self._state.settle()
            for merchant in self._merchants():
                if transaction in merchant.transactions:
                    found = merchant.transactions[transaction]
                    account = self._account(found.account)[1]
                    change = partial(transactions.resolve, self._state, found, status)
                    self._change(
                        merchant, account, change, at_next_refresh=at_next_refresh
                    )
                    return
            raise LookupError(f"no transaction {transaction}")

    def _change(
        self,
        merchant: Merchant,
        account: Account,
        change: Change,
        *,
        at_next_refresh: bool,
    ) -> None:
        if not at_next_refresh and account.status != "active":
            raise ValueError(
                f"{account.id} is {account.status}: nothing can be fetched from it"
            )
        account.institution.changes.append(change)
        if not at_next_refresh:
            fetch_at_once(self._state, merchant, account, "transactions")
