"""Operations on transactions, as methods of a class.

Generated code. Do not edit.
"""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING

from attrs import frozen

from financial_connections._generated.api.transactions import (
    list_transactions,
    retrieve_transaction,
)
from financial_connections.expand import item_paths

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Never

    from financial_connections._generated.models.timestamp_range import TimestampRange
    from financial_connections._generated.models.transaction import Transaction
    from financial_connections._generated.models.transaction_refresh_filter import (
        TransactionRefreshFilter,
    )
    from financial_connections._request import RequestOptions, Sender
    from financial_connections.pagination import Pager


@frozen
class TransactionOperations:
    """Transactions of linked accounts.

    Args:
        sender: Sends the requests.
    """

    _sender: Sender

    def list(
        self,
        *,
        account: str,
        transacted_at: TimestampRange | int | datetime | None = None,
        transaction_refresh: TransactionRefreshFilter | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
        ending_before: str | None = None,
        expand: Sequence[Never] | None = None,
        options: RequestOptions | None = None,
    ) -> Pager[Transaction]:
        """List the transactions of an account, newest first.

        Args:
            account: ID of the account (`fca_…`) whose transactions to list.
            transacted_at: Return only transactions made at this time, or within this
                range of times, such as `{"gte": …, "lt": …}`, in seconds since the
                epoch. By default, transactions from any time are returned. A `datetime`
                must have a time zone.
            transaction_refresh: Return only transactions that were added or changed
                after this refresh. By default, all transactions are returned.
            limit: Maximum number of items on a page, from 1 to 100. Defaults to 10, or
                to 100 when iterating over a list.
            starting_after: ID of an item. The page contains the items just after it in
                the list, which are older. Cannot be combined with `ending_before`. By
                default, the page starts with the newest item.
            ending_before: ID of an item. The page contains the items just before it in
                the list, which are newer. Cannot be combined with `starting_after`.
            expand: Not used: no field can be expanded yet.
            options: Overrides the client's settings for this call.

        Returns:
            A `Pager`: await it for one page, or iterate over it for all items. No
            request is sent before that.

        Source: https://docs.stripe.com/api/financial_connections/transactions/list
        """
        # Imported here because only lists need it.
        from financial_connections.pagination import Pager

        # Requests are sent later, so copy arguments that could change in the meantime.
        fetch = partial(
            list_transactions,
            self._sender,
            account=account,
            transacted_at=deepcopy(transacted_at),
            transaction_refresh=deepcopy(transaction_refresh),
            expand=item_paths(expand),
        )
        return Pager(
            fetch,
            limit=limit,
            starting_after=starting_after,
            ending_before=ending_before,
            options=options,
        )

    async def retrieve(
        self,
        transaction: str,
        *,
        expand: Sequence[Never] | None = None,
        options: RequestOptions | None = None,
    ) -> Transaction:
        """Retrieve a transaction.

        Args:
            transaction: ID of the transaction (`fctxn_…`).
            expand: Not used: no field can be expanded yet.
            options: Overrides the client's settings for this call.

        Returns:
            The transaction.

        Raises:
            NotFoundError: There is no such transaction, or the API key has no access to
                it.

        Source: https://docs.stripe.com/api/financial_connections/transactions/retrieve
        """
        return await retrieve_transaction(
            self._sender, transaction, expand=expand, options=options
        )
