"""
Transactions kept in step: incremental, at least once, never lost.

    async with client.transactions.sync("fca_1", cursor=saved) as changes:
        async for batch in changes:
            await store(batch.transactions)     # by id: insert, or overwrite
            saved = batch.cursor                # safe to keep once the batch is stored

The same transaction comes again when it changes (pending becomes posted or void under the same id), and may come again
when it does not. Store batches in their order, and sync an account from one place at a time: whoever saves a cursor
must have read the one before it. docs/decisions has the argument why nothing is lost.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import evolve, field, frozen

from financial_connections._cursor import Place, cursor_of, place_of, walks_from
from financial_connections._fan_out import Emit, FanOut, Job
from financial_connections._generated.api.accounts import retrieve_account
from financial_connections._generated.api.transactions import list_transactions
from financial_connections.errors import FinancialConnectionsError, InvalidArgumentError
from financial_connections.models import RefreshStatus
from financial_connections.pagination import LARGEST_PAGE, Pager

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import TracebackType

    from financial_connections._request import RequestOptions, Sender
    from financial_connections.models import Account, Transaction
    from financial_connections.pagination import Page

__all__ = ["Batch", "Changes", "ManyChanges", "Progress", "Sync", "SyncMany"]

_log = logging.getLogger("financial_connections")


@frozen(eq=False)
class Batch:
    """One page of changes."""

    account: str
    """The account's id."""
    transactions: list[Transaction] = field(repr=False)
    """Up to 100 transactions, newest first; none when only the cursor moves."""
    cursor: str = field(repr=False)
    """Where to go on once this batch is stored: at most some 200 printable ASCII characters."""


class Changes(AsyncIterator[Batch]):
    """The batches of one account. After an error, iterating goes on with the page that failed."""

    def __init__(self, sync: Sync, account: Account) -> None:
        self._sync = sync
        self._place = sync._place
        self._walks = walks_from(self._place, _succeeded_refresh(account))
        self._pages: AsyncIterator[Page[Transaction]] | None = None
        self._is_open = True
        self.account = account
        """The account as it was when the sync began; its `transaction_refresh` tells how fresh the data is."""

    @property
    def cursor(self) -> str:
        """The cursor of the latest batch; before it, the one that the sync began with."""
        return cursor_of(self._sync._account, self._place)

    async def __anext__(self) -> Batch:
        if not self._is_open:
            raise RuntimeError("the sync is over: iterate inside its `async with` block")
        while self._walks:
            batch = await self._step(self._walks[0])
            if batch is not None:
                return batch
        raise StopAsyncIteration

    async def _step(self, walk: Place) -> Batch | None:
        """Take one page; None when there is nothing to hand over."""
        page = await self._page(walk)
        if page is None or not page.has_more:
            place, self._walks, self._pages = walk.at_end(), self._walks[1:], None
        else:
            place = walk.at(page.cursor)
            self._walks = [place, *self._walks[1:]]
        transactions = page.data if page else []
        if not transactions and place == self._place:
            return None
        self._place = place
        return Batch(self._sync._account, transactions, self.cursor)

    async def _page(self, walk: Place) -> Page[Transaction] | None:
        pages = self._pages or self._sync._pager(walk).pages()
        # An iterator that failed is of no more use.
        self._pages = None
        page = await anext(pages, None)
        self._pages = pages
        return page


@frozen(eq=False, kw_only=True)
class Sync:
    """A sync that has not begun: `async with` begins it, and gives the `Changes`."""

    _sender: Sender = field(alias="sender")
    _account: str = field(alias="account")
    _place: Place = field(alias="place")
    _limit: int | None = field(alias="limit")
    _options: RequestOptions | None = field(alias="options")
    _open: list[Changes] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self._pager(self._place)  # refuses a limit that is none

    async def __aenter__(self) -> Changes:
        # Before any page is asked for: the cursor may only move to a refresh whose changes every page shows.
        account = await retrieve_account(self._sender, self._account, options=self._options)
        changes = Changes(self, account)
        self._open.append(changes)
        return changes

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.pop()._is_open = False

    def __aiter__(self) -> NoReturn:
        raise TypeError("begin the sync first: async with client.transactions.sync(…) as changes")

    def _pager(self, walk: Place) -> Pager[Transaction]:
        fetch = partial(
            list_transactions,
            self._sender,
            account=self._account,
            transaction_refresh=None if walk.base is None else {"after": walk.base},
        )
        limit = LARGEST_PAGE if self._limit is None else self._limit
        return Pager(fetch, limit=limit, starting_after=walk.position, options=self._options)


def _succeeded_refresh(account: Account) -> str | None:
    """Return the latest refresh of the transactions, if it has succeeded."""
    refresh = account.transaction_refresh
    return refresh.id if refresh and refresh.status == RefreshStatus.SUCCEEDED else None


@frozen(kw_only=True)
class Progress:
    """How far `sync_many` has come."""

    accounts: int
    """How many there are."""
    done: int = 0
    """How many are up to date."""
    failed: int = 0
    """How many ended in an error."""
    batches: int = 0
    """How many batches were handed over."""
    transactions: int = 0
    """How many transactions were in them."""


class ManyChanges(AsyncIterator[Batch]):
    """The batches of many accounts: those of one account in order, among those of the others."""

    def __init__(self, sync: SyncMany) -> None:
        self._sync = sync
        self._batches: AsyncIterator[Batch]
        self.errors: dict[str, FinancialConnectionsError] = {}
        """The errors that accounts ended in, by id. Their cursors stand where the latest batch has them."""
        self.progress = Progress(accounts=len(sync._cursors))
        """How far it has come."""

    async def __anext__(self) -> Batch:
        batch = await anext(self._batches)
        self._count(batches=1, transactions=len(batch.transactions))
        return batch

    def _jobs(self) -> Iterator[Job[Batch]]:
        return (partial(self._run, account, cursor) for account, cursor in self._sync._cursors.items())

    async def _run(self, account: str, cursor: str | None, emit: Emit[Batch]) -> None:
        try:
            async with self._sync._one(account, cursor) as changes:
                async for batch in changes:
                    await emit(batch)
        except FinancialConnectionsError as error:
            self.errors[account] = error
            _log.warning("the sync of %s ended in %s", account, type(error).__name__)
            self._count(failed=1)
        else:
            self._count(done=1)

    def _count(self, **more: int) -> None:
        counts: dict[str, Any] = {name: getattr(self.progress, name) + number for name, number in more.items()}
        self.progress = evolve(self.progress, **counts)
        if self._sync._on_progress is None:
            return
        try:
            self._sync._on_progress(self.progress)
        except Exception:  # noqa: BLE001 - a callback's fault must not be the sync's
            _log.exception("on_progress raised; the sync goes on")


@frozen(eq=False, kw_only=True)
class SyncMany:
    """A sync of many accounts that has not begun: `async with` begins it, and gives the `ManyChanges`."""

    _one: Callable[[str, str | None], Sync] = field(alias="one")
    _cursors: Mapping[str, str | None] = field(alias="cursors", repr=False)
    _concurrency: int = field(alias="concurrency")
    _on_progress: Callable[[Progress], object] | None = field(alias="on_progress")
    _running: list[FanOut[Batch]] = field(factory=list, init=False)

    async def __aenter__(self) -> ManyChanges:
        changes = ManyChanges(self)
        running = FanOut(changes._jobs(), min(self._concurrency, len(self._cursors)))
        changes._batches = await running.__aenter__()
        self._running.append(running)
        return changes

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        return await self._running.pop().__aexit__(kind, error, traceback)

    def __aiter__(self) -> NoReturn:
        raise TypeError("begin the sync first: async with client.transactions.sync_many(…) as changes")


def sync_one(
    sender: Sender, limit: int | None, options: RequestOptions | None, account: str, cursor: str | None
) -> Sync:
    """Return the sync of an account from a cursor. Raises `InvalidArgumentError` for one that is not its own."""
    place = place_of(account, cursor)
    return Sync(sender=sender, account=account, place=place, limit=limit, options=options)


def cursors_from(accounts: Any) -> dict[str, str | None]:
    """Return the cursors by account: of a mapping, or none of ids. Raises `InvalidArgumentError`."""
    if isinstance(accounts, str):
        raise InvalidArgumentError('accounts must be a list of ids, or a mapping of ids to cursors: ["fca_…"]')
    cursors: Mapping[str, str | None] | Iterable[str] = accounts
    return dict(cursors) if hasattr(accounts, "keys") else dict.fromkeys(cursors)
