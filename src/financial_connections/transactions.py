"""Transactions of linked accounts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attrs import frozen

from financial_connections._generated.api.transactions import list_transactions, retrieve_transaction
from financial_connections.expand import item_paths
from financial_connections.pagination import Pager

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Never

    from financial_connections._request import RequestOptions, Sender
    from financial_connections.models import Transaction
    from financial_connections.params import TimestampRange, TransactionRefreshFilter

__all__ = ["Transactions"]


@frozen
class Transactions:
    """`client.transactions`: what moved on an account, in the currency's smallest unit (cents)."""

    _sender: Sender

    def list(
        self,
        *,
        account: str,
        transacted_at: int | datetime | TimestampRange | None = None,
        transaction_refresh: TransactionRefreshFilter | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
        ending_before: str | None = None,
        expand: Sequence[Never] | None = None,
        options: RequestOptions | None = None,
    ) -> Pager[Transaction]:
        """
        List an account's transactions, newest first; nothing is sent until the result is awaited or iterated.

        `transacted_at` is a moment, or a range such as `{"gte": …, "lt": …}`: seconds since the epoch, or
        `datetime`s with a time zone. `transaction_refresh={"after": "fctxnref_…"}` keeps what later refreshes
        created or changed. `limit` is the page size, 1 to 100. Source:
        https://docs.stripe.com/api/financial_connections/transactions/list
        """
        fetch = partial(
            list_transactions,
            self._sender,
            account=account,
            transacted_at=transacted_at,
            transaction_refresh=transaction_refresh,
            expand=item_paths(expand),
        )
        return Pager(fetch, limit=limit, starting_after=starting_after, ending_before=ending_before, options=options)

    async def retrieve(
        self,
        transaction: str,
        *,
        expand: Sequence[Never] | None = None,
        options: RequestOptions | None = None,
    ) -> Transaction:
        """
        Return a transaction. Raises `NotFoundError` when there is none of that id.

        Source: https://docs.stripe.com/api/financial_connections/transactions/retrieve
        """
        return await retrieve_transaction(self._sender, transaction, expand=expand, options=options)
