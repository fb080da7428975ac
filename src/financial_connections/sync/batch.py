"""Batches returned by a sync."""

from __future__ import annotations

from attrs import field, frozen

from financial_connections.data.tabular import Rows, Tabular
from financial_connections.models import Transaction


@frozen(eq=False)
class Batch(Tabular):
    """Transactions that were created or changed, and the cursor to save with them."""

    account: str
    """ID of the account."""
    transactions: list[Transaction] = field(repr=False)
    """Up to 100 transactions, in list order. Empty if only the cursor advances.
    """
    previous: str | None = field(repr=False)
    """The cursor of the previous batch; None at the very beginning. Store this batch
    only if this equals the cursor that you have saved.
    """
    cursor: str = field(repr=False)
    """The cursor to save once this batch is stored: about 70 to 230 printable ASCII
    characters.
    """
    stripe_account: str | None = None
    """ID of the connected account (`acct_…`) that was given with the account or in
    `options`; None if neither was.
    """

    def _rows(self) -> Rows:
        return Rows(self.transactions, Transaction)
