"""Sync many accounts concurrently and return a single stream of batches."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

import anyio
from attrs import frozen

from financial_connections._many import (
    AccountSource,
    ManyBlock,
    ManyResults,
    ManySettings,
    account_ref,
)
from financial_connections.errors import InvalidArgumentError
from financial_connections.sync.batch import Batch

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from financial_connections._concurrency import BackgroundTasks, Send
    from financial_connections._many import AccountRef
    from financial_connections.models import Account
    from financial_connections.sync.one_account import Sync

LoadCursor = Callable[[str], Awaitable[str | None] | str | None]
"""Returns the saved cursor of an account, given its ID."""


@frozen(kw_only=True)
class Progress:
    """The progress of `sync_many`."""

    accounts: int
    """Number of accounts; for an async iterable, those that have been started."""
    done: int = 0
    """Number of accounts that are up to date."""
    failed: int = 0
    """Number of accounts whose sync ended with an error."""
    batches: int = 0
    """Number of batches returned so far."""
    transactions: int = 0
    """Number of transactions returned so far."""


class ManyChanges(ManyResults[Batch, Progress]):
    """The batches of many accounts, with `errors` and `progress`.

    The batches of one account arrive in order, interleaved with those of other
    accounts. Several tasks may iterate at once, but they must store the batches of each
    account in order. To retry an account that failed, start from the cursor of its
    latest batch.

    Args:
        sync: The sync to run.
        tasks: Background tasks that read the accounts.
    """

    _method = "transactions.sync_many"
    _noun = "sync"
    _participle = "synced"

    def __init__(self, sync: SyncMany, tasks: BackgroundTasks) -> None:
        self._sync = sync
        self._running: dict[str, anyio.Event] = {}
        """For each account that is being read, an event that is set at the end."""
        self._storing: set[str] = set()
        """Accounts whose latest batch may not be stored yet."""
        self._ended: list[str] = []
        """Accounts that have been read, and end once their latest batch is stored."""
        progress = Progress(accounts=sync._settings.accounts.count or 0)
        super().__init__(sync._settings, tasks, progress)

    async def __anext__(self) -> Batch:
        # The consumer has stored the batch that it has taken before.
        self._storing.clear()
        while self._ended:
            self._end(self._ended.pop())
        batch = await super().__anext__()
        self._storing.add(batch.account)
        self._count(batches=1, transactions=len(batch.transactions))
        return batch

    async def _process(self, account: AccountRef, send: Send[Batch]) -> None:
        while account.id in self._running:
            # An async iterable has returned the account again. Its saved cursor is the
            # right one only after its batches have been stored.
            await self._running[account.id].wait()
        self._running[account.id] = anyio.Event()
        cursor = await self._sync._load(account.id)
        await self._collect_error(account, partial(self._read, account, cursor, send))

    async def _read(
        self, account: AccountRef, cursor: str | None, send: Send[Batch]
    ) -> None:
        try:
            async for batch in self._sync._sync_one(account, cursor):
                await send(batch)
                del batch  # free it before the next one is read
        finally:
            if account.id in self._storing:
                self._ended.append(account.id)
            else:
                self._end(account.id)
        self._count(done=1)

    def _end(self, account: str) -> None:
        self._running.pop(account).set()


class SyncMany(ManyBlock[ManyChanges]):
    """A sync of many accounts that has not started yet.

    Enter it with `async with` to start the sync and get its `ManyChanges`. Returned by
    `client.transactions.sync_many`.

    Args:
        sync_one: Returns the sync of an account, starting from a cursor.
        settings: The accounts, and how to sync them.
        load: Returns the saved cursor of an account.
    """

    _method = ManyChanges._method

    def __init__(
        self,
        *,
        sync_one: Callable[[AccountRef, str | None], Sync],
        settings: ManySettings[Progress],
        load: LoadCursor,
    ) -> None:
        self._sync_one = sync_one
        self._settings = settings
        self._load_cursor = load

    async def _load(self, account: str) -> str | None:
        cursor = self._load_cursor(account)
        return await cursor if isawaitable(cursor) else cursor

    def _start(self, tasks: BackgroundTasks, exits: AsyncExitStack) -> ManyChanges:
        changes = ManyChanges(self, tasks)
        exits.push(changes._close)
        return changes


def accounts_from(
    accounts: Any, load_cursor: LoadCursor | None, *, oldest_first: bool
) -> tuple[AccountSource, LoadCursor]:
    """Return the accounts to sync, and a function that returns their cursors.

    Args:
        accounts: Accounts, or a mapping of accounts to cursors.
        load_cursor: Returns the cursor of an account.
        oldest_first: True to sort the accounts by the age of their data.

    Raises:
        InvalidArgumentError: An account or a cursor is invalid.
    """
    source = AccountSource(accounts, _last_refresh if oldest_first else None)
    if not isinstance(accounts, Mapping):
        return source, load_cursor or _no_cursor
    if load_cursor is not None:
        raise InvalidArgumentError(
            "load_cursor cannot be used together with a mapping of cursors"
        )
    cursors = {account_ref(key).id: cursor for key, cursor in accounts.items()}
    for account, cursor in cursors.items():
        if cursor is not None and not isinstance(cursor, str):
            raise InvalidArgumentError(f"cursor of {account} must be a string or None")
    return source, cursors.__getitem__


def _no_cursor(account: str) -> None:
    """Return the cursor of an account that has never been synced."""


def _last_refresh(account: Account) -> int:
    refresh = account.transaction_refresh
    return (refresh.last_attempted_at or 0) if refresh else 0
