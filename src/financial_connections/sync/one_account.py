"""Sync one account: read pages, and return each one with the cursor to save."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterable, AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from financial_connections._concurrency import BackgroundTasks, Block, OneAtATime
from financial_connections._generated.api.accounts import retrieve_account
from financial_connections._generated.api.transactions import list_transactions
from financial_connections.errors import (
    APIResponseError,
    APIStatusError,
    CursorExpiredError,
    InvalidArgumentError,
    PaginationError,
)
from financial_connections.models import Account, RefreshStatus
from financial_connections.pagination import Pager
from financial_connections.pagination.pages import LARGEST_PAGE, is_cursor
from financial_connections.sync.cursor import Checkpoint, decode_cursor, encode_cursor
from financial_connections.sync.scan import Portion, ReadAccount, ReadPage, Scans

if TYPE_CHECKING:
    from collections.abc import Hashable

    from financial_connections._request import RequestOptions, Sender
    from financial_connections.models import Transaction
    from financial_connections.pagination import Page


@frozen(eq=False)
class Batch:
    """Transactions that were created or changed, and the cursor to save with them."""

    account: str
    """ID of the account."""
    transactions: list[Transaction] = field(repr=False)
    """Up to 100 transactions in the order of the list; empty if only the cursor moves.
    """
    previous: str | None = field(repr=False)
    """The cursor that this batch follows; None at the very beginning. Store the batch
    only over this cursor.
    """
    cursor: str = field(repr=False)
    """The cursor to save once this batch is stored: some 70 to 230 printable ASCII
    characters.
    """


class Changes(AsyncIterator[Batch]):
    """The batches of one account. After an error, iterating goes on with the page that
    failed.
    """

    def __init__(self, sync: Sync) -> None:
        self._sync = sync
        self._scans: Scans[Transaction] = Scans(sync._checkpoint)
        self._portions: deque[Portion[Transaction]] = deque()
        self._cursor = sync._cursor
        self._positions: set[str | None] = set()
        """The positions of the current pass: at a second time at one of them, the list
        runs in a circle.
        """
        self._guard = OneAtATime("a sync")
        self._account = sync._snapshot
        if self._account is not None:
            self._scans.take_account(_succeeded_refresh(self._account))
        self._is_open = True

    @property
    def account(self) -> Account:
        """The account as it was when the sync began; its `transaction_refresh` shows
        how fresh the data is.
        """
        if self._account is None:
            raise RuntimeError("the sync has not begun")
        return self._account

    @property
    def cursor(self) -> str:
        """The cursor of the latest batch; before the first one, the cursor that the
        sync began with.
        """
        return self._cursor or encode_cursor(self._sync._account, Checkpoint())

    async def __anext__(self) -> Batch:
        if not self._is_open:
            raise RuntimeError(
                "the sync is over: iterate inside its `async with` block"
            )
        with self._guard:
            # A response is taken, and a batch returned, without an `await` in between:
            # cancelling loses neither.
            while not self._portions and self._scans.request is not None:
                await self._read(self._scans.request)
        if not self._portions:
            raise StopAsyncIteration
        portion = self._portions.popleft()
        previous, self._cursor = (
            self._cursor,
            encode_cursor(self._sync._account, portion.checkpoint),
        )
        return Batch(self._sync._account, portion.items, previous, self._cursor)

    async def _begin(self) -> None:
        if self._account is None:
            await self._read(ReadAccount())

    async def _read(self, request: ReadAccount | ReadPage) -> None:
        if isinstance(request, ReadAccount):
            account = await self._sync._retrieve()
            if self._account is None:
                self._account = account
            self._portions += self._scans.take_account(_succeeded_refresh(account))
            return
        try:
            page = await self._sync._pager(request)
        except APIStatusError as error:
            if error.code != "resource_missing" or not self._forget(error):
                raise
            return
        _require_complete(page)
        if request.starting_after is None:
            self._positions.clear()
        self._positions.add(request.starting_after)
        if page.has_more and page.cursor in self._positions:
            # Either a refresh has moved the transaction that a page ended with, or the
            # list runs in a circle.
            if self._scans.begin_again():
                return
            raise PaginationError(
                "the list leads back to where it was, again and again"
            )
        versions = {
            _id_of(transaction): (_version_of(transaction), transaction)
            for transaction in page.data
        }
        self._portions += self._scans.take_page(
            versions, page.cursor, has_more=page.has_more
        )

    def _forget(self, error: APIStatusError) -> bool:
        """Give up what the API does not know any more: the position is expendable, the
        base is not.
        """
        param = error.param or ""
        if param.startswith("transaction_refresh"):
            expired = CursorExpiredError(
                "the API does not know the refresh that the cursor starts from: sync the account again with "
                "cursor=None, and store what it reads over what you have"
            )
            expired.request_id = error.request_id
            raise expired from error
        return param == "starting_after" and self._scans.begin_again()


class Sync(Block[Changes], AsyncIterable[Batch]):
    """A sync that has not begun.

    Iterate over it, or enter it as an `async with` block for the `Changes`, which have
    the account and the cursor too. Each iteration and each block begins where the sync
    began.
    """

    def __init__(
        self,
        sender: Sender,
        limit: int | None,
        options: RequestOptions | None,
        account: str | Account,
        cursor: str | None,
    ) -> None:
        self._sender = sender
        self._snapshot = account if isinstance(account, Account) else None
        self._account = account_id(account)
        self._cursor = cursor
        self._checkpoint = decode_cursor(self._account, cursor)
        self._limit = limit
        self._options = options
        self._pager(ReadPage(None, None))  # refuses a limit that is out of range

    def __aiter__(self) -> AsyncIterator[Batch]:
        return Changes(self)

    async def _enter(self, _: BackgroundTasks, /) -> Changes:
        self._changes = Changes(self)
        await self._changes._begin()
        return self._changes

    def _leave(self, _: BaseException | None, /) -> None:
        self._changes._is_open = False

    async def _retrieve(self) -> Account:
        return await retrieve_account(
            self._sender, self._account, options=self._options
        )

    def _pager(self, request: ReadPage) -> Pager[Transaction]:
        fetch = partial(
            list_transactions,
            self._sender,
            account=self._account,
            transaction_refresh=None
            if request.after is None
            else {"after": request.after},
        )
        limit = LARGEST_PAGE if self._limit is None else self._limit
        return Pager(
            fetch,
            limit=limit,
            starting_after=request.starting_after,
            options=self._options,
        )


def account_id(account: Any) -> str:
    """Return the ID of an account that is given as such or as a string."""
    key = account.id if isinstance(account, Account) else account
    if not isinstance(key, str) or not key.strip():
        raise InvalidArgumentError(
            "account must be an account or its ID, such as fca_…"
        )
    return key


def _succeeded_refresh(account: Account) -> str | None:
    """Return the latest refresh of the transactions if it has succeeded."""
    refresh = account.transaction_refresh
    return refresh.id if refresh and refresh.status == RefreshStatus.SUCCEEDED else None


def _require_complete(page: Page[Transaction]) -> None:
    """Refuse a page of which something would be left behind."""
    if page.has_more and not is_cursor(page.cursor):
        why = "its last item has no usable id" if page.data else "it is empty"
        raise PaginationError(
            f"the list says that it has more, but {why}: there is no cursor to go on from"
        )
    lost = "data" in getattr(page._list, "misfits", ())
    if lost or not all(
        isinstance(transaction.id, str) and transaction.id for transaction in page.data
    ):
        raise APIResponseError(
            "a page of transactions has an item that is not an object or has no id: the cursor stays before it",
            request_id=page.request_id,
        )


def _id_of(transaction: Transaction) -> str:
    return transaction.id or ""


def _version_of(transaction: Transaction) -> Hashable:
    """Return what tells one version of a transaction from another: its bytes, hashed to
    save memory.
    """
    return hash(transaction._raw)
