"""The batches that a sync returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from financial_connections.models import Transaction


@frozen(eq=False)
class Batch:
    """Transactions that were created or changed, and the cursor to save with them."""

    account: str
    """ID of the account."""
    transactions: list[Transaction] = field(repr=False)
    """Up to 100 transactions in the order of the list. Empty if only the cursor
    advances.
    """
    previous: str | None = field(repr=False)
    """The cursor of the batch before this one; None at the very beginning. Store this
    batch only if this is the cursor that you have saved.
    """
    cursor: str = field(repr=False)
    """The cursor to save once this batch is stored: about 70 to 230 printable ASCII
    characters.
    """
