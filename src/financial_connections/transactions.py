"""Transactions of linked accounts."""
# ruff: noqa: PLC0415 - listing the transactions of an account needs no other module

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from attrs import frozen

from financial_connections._generated.operations.transactions import (
    TransactionOperations,
)
from financial_connections._lazy import lazy_names
from financial_connections.pagination.pager import check_limit

if TYPE_CHECKING:
    from collections.abc import (
        AsyncIterable,
        Awaitable,
        Callable,
        Iterable,
        Mapping,
    )
    from datetime import datetime

    from financial_connections._many import AccountInput, AccountRef, ListMany
    from financial_connections._request import RequestOptions
    from financial_connections.models import Account, Transaction
    from financial_connections.pagination import Pager
    from financial_connections.params import TimestampRange
    from financial_connections.sync import Progress
    from financial_connections.sync.many_accounts import SyncMany
    from financial_connections.sync.one_account import Sync

__all__ = ["ListMany", "Transactions"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        __name__, {"ListMany": "financial_connections._many"}
    )


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
        concurrency: int = 16,
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
        usually three if something has. The first sync of an account with many
        transactions sends several requests at once, as far as the rate limit has room.

        Args:
            account: ID of the account (`fca_…`), or an `Account`, for example from an
                event, which saves a request.
            cursor: Cursor of the last batch that you have stored. By default, all
                transactions are returned.
            limit: Number of transactions per request, from 1 to 100. Defaults to 100.
            concurrency: Maximum number of concurrent requests in the first sync of the
                account; 1 reads one page after another. Defaults to 16.
            options: Overrides the client's settings for each request.

        Raises:
            InvalidArgumentError: The cursor is malformed or belongs to another account.
                Raised before anything is sent.
            CursorExpiredError: The API no longer knows the refresh from which the
                cursor starts. Raised while iterating.

        Source: https://docs.stripe.com/financial-connections/transactions
        """
        from financial_connections.sync.one_account import Sync

        return Sync(
            self._sender, limit, options, account, cursor, concurrency=concurrency
        )

    def sync_many(
        self,
        accounts: Mapping[str, str | None]
        | Mapping[tuple[str | None, str], str | None]
        | Iterable[AccountInput]
        | AsyncIterable[AccountInput],
        *,
        load_cursor: Callable[[str], Awaitable[str | None] | str | None] | None = None,
        oldest_first: bool = False,
        concurrency: int = 16,
        on_progress: Callable[[Progress], object] | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> SyncMany:
        """Return the transactions created or changed in many accounts, in batches.

            accounts = client.accounts.list()
            async with client.transactions.sync_many(
                accounts, load_cursor=load_cursor
            ) as changes:
                async for batch in changes:
                    await store(batch.account, batch.transactions, batch.cursor)
                changes.raise_for_errors()

        Several accounts are read at once. An account's next batch is read only after
        you have taken the previous one, so at most `concurrency` batches are in memory.
        Leaving the block ends all background tasks.

        An error in one account does not stop the others. It is stored in
        `changes.errors`. An error that would affect every account, such as an invalid
        key or a closed client, is raised and ends the iteration. So is an error raised
        by the async iterable or by `load_cursor`.

        If you use the block in an async generator, wrap the generator in
        `contextlib.aclosing`; otherwise reading continues until the generator is
        garbage-collected.

        Args:
            accounts: Cursors by account ID, or the accounts as an iterable or async
                iterable. Each account can be an ID, a recent `Account`, which saves a
                request, or a pair of a connected account's ID (`acct_…`) and one of
                these. An async iterable is read only when another account can be
                started, so any number of accounts takes the same memory; an async
                generator is closed at the end.
            load_cursor: Function or coroutine function that returns the saved cursor of
                an account, given its ID, or None. It is called just before the account
                is read. By default, all transactions are returned.
            oldest_first: Begin with the accounts whose transactions were refreshed
                longest ago, or never. `accounts` must then contain `Account` objects,
                of which only IDs and times are kept, about 300 bytes each.
            concurrency: Number of accounts to read at once. Defaults to 16.
            on_progress: Called after each batch and each account. If it raises an
                error, the error is logged and the sync continues.
            limit: Number of transactions per request, from 1 to 100. Defaults to 100.
            options: Overrides the client's settings for each request.

        Raises:
            InvalidArgumentError: An account or a cursor is invalid. Raised before
                anything is sent, except for an item of an async iterable.
        """
        from financial_connections._many import ManySettings
        from financial_connections.sync.many_accounts import SyncMany, accounts_from
        from financial_connections.sync.one_account import Sync

        check_limit(limit)
        source, load = accounts_from(accounts, load_cursor, oldest_first=oldest_first)

        def sync_one(account: AccountRef, cursor: str | None) -> Sync:
            subject = account.snapshot or account.id
            return Sync(self._sender, limit, account.options(options), subject, cursor)

        settings = ManySettings(source, concurrency, on_progress, sender=self._sender)
        return SyncMany(sync_one=sync_one, settings=settings, load=load)

    def list_many(
        self,
        accounts: Iterable[AccountInput] | AsyncIterable[AccountInput],
        *,
        transacted_at: TimestampRange | int | datetime | None = None,
        concurrency: int = 16,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> ListMany[Transaction]:
        """List the transactions of many accounts, such as all those of a holder.

            accounts = client.accounts.list(account_holder={"customer": "cus_123"})
            async with client.transactions.list_many(accounts) as transactions:
                async for transaction in transactions:
                    print(transaction.account, transaction.amount)

        Several accounts are read at once, one page at a time. The transactions of an
        account are sorted newest first, and pages of different accounts alternate. The
        first error is raised and ends the iteration. Several tasks may iterate at once.

        Args:
            accounts: The accounts, as an iterable or async iterable. Each can be an ID,
                an `Account`, or a pair of a connected account's ID (`acct_…`) and one
                of these.
            transacted_at: Return only transactions made at this time, or within this
                range of times, such as `{"gte": …, "lt": …}`, in seconds since the
                epoch. By default, transactions from any time are returned. A `datetime`
                must have a time zone.
            concurrency: Number of accounts to read at once. Defaults to 16.
            limit: Number of transactions per request, from 1 to 100. Defaults to 100.
            options: Overrides the client's settings for each request.

        Returns:
            An async context manager that returns an iterator over the transactions.

        Raises:
            InvalidArgumentError: An account is invalid.
        """
        from financial_connections._many import AccountSource, ListMany

        check_limit(limit)
        when = deepcopy(transacted_at)  # it is sent later

        def list_one(account: AccountRef) -> Pager[Transaction]:
            return self.list(
                account=account.id,
                transacted_at=when,
                limit=limit,
                options=account.options(options),
            )

        return ListMany(list_one, AccountSource(accounts), concurrency)
