"""Transactions of linked accounts."""

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
from financial_connections.pagination import Pager
from financial_connections.sync.many_accounts import (
    SyncMany,
    concurrency_from,
    cursors_from,
)
from financial_connections.sync.one_account import Sync

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Never

    from financial_connections._request import RequestOptions, Sender
    from financial_connections.models import Account, Transaction
    from financial_connections.params import TimestampRange, TransactionRefreshFilter
    from financial_connections.sync import Progress

__all__ = ["Transactions"]


@frozen
class Transactions:
    """`client.transactions`: transactions of linked accounts, in the currency's
    smallest unit (cents).
    """

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
        """List an account's transactions, newest first; nothing is sent until the
        result is awaited or iterated.

        `transacted_at` is a moment, or a range such as `{"gte": …, "lt": …}`: seconds
        since the epoch, or `datetime`s with a time zone. `transaction_refresh={"after":
        "fctxnref_…"}` keeps what later refreshes created or changed. `limit` is the
        page size, 1 to 100. Source:
        https://docs.stripe.com/api/financial_connections/transactions/list
        """
        fetch = partial(
            list_transactions,
            self._sender,
            account=account,
            transacted_at=deepcopy(
                transacted_at
            ),  # the caller's own may change before it is sent
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
        """Return a transaction. Raises `NotFoundError` when there is none of that id.

        Source: https://docs.stripe.com/api/financial_connections/transactions/retrieve
        """
        return await retrieve_transaction(
            self._sender, transaction, expand=expand, options=options
        )

    def sync(
        self,
        account: str | Account,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Sync:
        """Read the transactions that were created or changed since `cursor`, in
        batches.

            async for batch in client.transactions.sync("fca_1", cursor=saved):
                await store(batch.transactions)
                saved = batch.cursor

        Save `batch.cursor` once the batch is stored, best in the same database
        transaction. Wherever a sync ends, the next one continues from the saved cursor,
        and nothing is lost. The same transaction can come again: store it over the old
        one.

        Nothing is sent before you iterate, or enter the sync as an `async with` block.
        The block gives an iterator over the same batches that also has the `account`
        and the latest `cursor`. A sync takes 1 request if nothing is new, and 3 for a
        usual update.

        Args:
            account: ID of the account (`fca_…`). An `Account`, for example that of an event, saves a request.
            cursor: The cursor to go on from. None reads all transactions.
            limit: Transactions on each page, 1 to 100. Defaults to 100.
            options: Overrides the client's settings for each request.

        Raises:
            InvalidArgumentError: The cursor is damaged or belongs to another account. Nothing was sent.
            CursorExpiredError: While iterating: the API does not know the cursor's refresh any more.

        Source: https://docs.stripe.com/financial-connections/transactions

        """
        return Sync(self._sender, limit, options, account, cursor)

    def sync_many(
        self,
        accounts: Mapping[str, str | None] | Iterable[str],
        *,
        concurrency: int = 16,
        on_progress: Callable[[Progress], object] | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> SyncMany:
        """Read the created or changed transactions of many accounts, several accounts
        at a time.

            async with client.transactions.sync_many({"fca_1": saved, "fca_2": None}) as changes:
                async for batch in changes:
                    await store(batch.account, batch.transactions, batch.cursor)
                changes.raise_for_errors()

        The next batch of an account is read when the last one has been taken, so at
        most `concurrency` batches are in memory. An error of one account does not stop
        the others: it is in `changes.errors`. An error of the key or the client, which
        every account would get, is raised by the iteration and ends it. No task
        outlives the block.

        In an async generator, use `contextlib.aclosing` around it, or the reading goes
        on until the generator is collected as garbage.

        Args:
            accounts: IDs of accounts with their cursors, or IDs alone to read everything.
            concurrency: Number of accounts to read at once.
            on_progress: Called after each batch and each account. An error that it raises is logged.
            limit: Transactions on each page, 1 to 100. Defaults to 100.
            options: Overrides the client's settings for each request.

        Raises:
            InvalidArgumentError: An ID or a cursor is not a string. Nothing was sent.

        """
        sync_one = partial(Sync, self._sender, limit, options)
        return SyncMany(
            sync_one=sync_one,
            cursors=cursors_from(accounts),
            concurrency=concurrency_from(concurrency),
            on_progress=on_progress,
        )
