"""Add and settle transactions at institutions."""

from typing import Literal

from financial_connections.sandbox.actions.base import Actions
from financial_connections.sandbox.api import transactions
from financial_connections.sandbox.api.journal import recorded


class TransactionActions(Actions):
    """Transactions of a sandbox at the institutions."""

    @recorded("add_transactions")
    def add_transactions(
        self,
        account: str,
        count: int = 1,
        *,
        status: Literal["pending", "posted"] = "posted",
        transacted_at: int | None = None,
        at_next_refresh: bool = False,
    ) -> list[str]:
        """Add transactions at the institution, and return their IDs.

        Args:
            account: ID of the account.
            count: Number of transactions.
            status: Status of the transactions.
            transacted_at: Time of the transactions, in seconds since the epoch; the
                sandbox's current time by default.
            at_next_refresh: Whether the change waits for the next successful refresh.
                By default, the account is refreshed immediately.

        Raises:
            LookupError: The account does not exist.
            ValueError: The account is not active, so it cannot be refreshed now.
        """
        with self._state.up_to_date() as state:
            return transactions.add_transactions(
                state,
                account,
                count,
                status=status,
                transacted_at=transacted_at,
                at_next_refresh=at_next_refresh,
            )

    @recorded("post")
    def post(self, transaction: str, *, at_next_refresh: bool = False) -> None:
        """Post a pending transaction at the institution.

        Args:
            transaction: ID of the transaction.
            at_next_refresh: Whether the change waits for the next successful refresh.
                By default, the account is refreshed immediately.

        Raises:
            LookupError: The transaction does not exist.
            ValueError: The transaction is not pending, or its account is not active.
        """
        with self._state.up_to_date() as state:
            transactions.settle_transaction(
                state, transaction, "posted", at_next_refresh=at_next_refresh
            )

    @recorded("void")
    def void(self, transaction: str, *, at_next_refresh: bool = False) -> None:
        """Void a pending transaction at the institution.

        Args:
            transaction: ID of the transaction.
            at_next_refresh: Whether the change waits for the next successful refresh.
                By default, the account is refreshed immediately.

        Raises:
            LookupError: The transaction does not exist.
            ValueError: The transaction is not pending, or its account is not active.
        """
        with self._state.up_to_date() as state:
            transactions.settle_transaction(
                state, transaction, "void", at_next_refresh=at_next_refresh
            )
