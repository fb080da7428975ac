"""The sync of one account: walks of pages, each page with the cursor to go on from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from attrs import field, frozen

from financial_connections._generated.api.accounts import retrieve_account
from financial_connections._generated.api.transactions import list_transactions
from financial_connections.models import RefreshStatus
from financial_connections.pagination import Pager
from financial_connections.pagination.pages import LARGEST_PAGE
from financial_connections.sync.cursor import Place, cursor_of, place_of, walks_from

if TYPE_CHECKING:
    from types import TracebackType

    from financial_connections._request import RequestOptions, Sender
    from financial_connections.models import Account, Transaction
    from financial_connections.pagination import Page


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
        if page.has_more:
            place = walk.at(page.cursor)
            self._walks = [place, *self._walks[1:]]
        else:
            place, self._walks, self._pages = walk.at_end(), self._walks[1:], None
        if not page.data and place == self._place:
            return None
        self._place = place
        return Batch(self._sync._account, page.data, self.cursor)

    async def _page(self, walk: Place) -> Page[Transaction]:
        pages = self._pages or self._sync._pager(walk).pages()
        # An iterator that failed is of no more use.
        self._pages = None
        page = await anext(pages)
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


def sync_one(
    sender: Sender, limit: int | None, options: RequestOptions | None, account: str, cursor: str | None
) -> Sync:
    """Return the sync of an account from a cursor. Raises `InvalidArgumentError` for one that is not its own."""
    place = place_of(account, cursor)
    return Sync(sender=sender, account=account, place=place, limit=limit, options=options)
