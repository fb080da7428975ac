"""Transactions of linked accounts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attrs import frozen

from financial_connections._generated.operations.transactions import (
    TransactionOperations,
)
from financial_connections.sync.many_accounts import (
    SyncMany,
    concurrency_from,
    cursors_from,
)
from financial_connections.sync.one_account import Sync

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from financial_connections._request import RequestOptions
    from financial_connections.models import Account
    from financial_connections.sync import Progress

__all__ = ["Transactions"]


@frozen
class Transactions(TransactionOperations):
    """Transactions of linked accounts, at `client.transactions`.

    Amounts are in the currency's smallest unit, such as cents.
    """

    def sync(
        self,
        account: str | Account,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Sync:
        """Return the transactions created or changed since `cursor`, in batches.

            async for batch in client.transactions.sync("fca_1", cursor=saved):
                await store(batch.transactions)
                saved = batch.cursor

        Save `batch.cursor` once the batch is stored, ideally in the same database
        transaction. Wherever a sync stops, the next one continues from the saved cursor
        and nothing is lost. A transaction can be returned more than once: overwrite the
        version you have stored.

        Nothing is sent until you iterate over the sync or enter it with `async with`,
        which returns an iterator over the same batches that also has the `account` and
        the latest `cursor`. A sync takes one request if nothing has changed, and
        usually three if something has.

        Args:
            account: ID of the account (`fca_…`), or an `Account`, for example from an
                event, which saves a request.
            cursor: Cursor of the last batch that you have stored. By default, all
                transactions are returned.
            limit: Number of transactions per request, from 1 to 100. Defaults to 100.
            options: Overrides the client's settings for each request.

        Raises:
            InvalidArgumentError: The cursor is malformed or belongs to another account.
                Raised before anything is sent.
            CursorExpiredError: The API no longer knows the refresh from which the
                cursor starts. Raised while iterating.

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
        """Return the transactions created or changed in many accounts, in batches.

            cursors = {"fca_1": saved, "fca_2": None}
            async with client.transactions.sync_many(cursors) as changes:
                async for batch in changes:
                    await store(batch.account, batch.transactions, batch.cursor)
                changes.raise_for_errors()

        Several accounts are read at once. An account's next batch is read only after
        you have taken the previous one, so at most `concurrency` batches are in memory.
        Leaving the block ends all background tasks.

        An error in one account does not stop the others; it is stored in
        `changes.errors`. An error that would affect every account, such as an invalid
        key or a closed client, is raised and ends the iteration.

        If you use the block in an async generator, wrap the generator in
        `contextlib.aclosing`; otherwise reading continues until the generator is
        garbage-collected.

        Args:
            accounts: Cursors by account ID, or a list of account IDs to sync from the
                beginning.
            concurrency: Number of accounts to read at once. Defaults to 16.
            on_progress: Called after each batch and each account. If it raises an
                error, the error is logged and the sync continues.
            limit: Number of transactions per request, from 1 to 100. Defaults to 100.
            options: Overrides the client's settings for each request.

        Raises:
            InvalidArgumentError: An account ID or a cursor is not a string. Raised
                before anything is sent.
        """
        sync_one = partial(Sync, self._sender, limit, options)
        return SyncMany(
            sync_one=sync_one,
            cursors=cursors_from(accounts),
            concurrency=concurrency_from(concurrency),
            on_progress=on_progress,
        )
