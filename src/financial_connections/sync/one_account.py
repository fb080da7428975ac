"""Sync one account: read its pages, and return each with the cursor to save."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterable, AsyncIterator
from typing import TYPE_CHECKING

from financial_connections._concurrency import Block, OneAtATime
from financial_connections._generated.api.accounts import retrieve_account
from financial_connections._many import account_id, check_concurrency
from financial_connections.errors import (
    APIStatusError,
    CursorExpiredError,
    PaginationError,
)
from financial_connections.models import Account, RefreshStatus
from financial_connections.pagination.pager import check_limit
from financial_connections.sync.batch import Batch
from financial_connections.sync.cursor import Checkpoint, decode_cursor, encode_cursor
from financial_connections.sync.reader import Reader
from financial_connections.sync.scan import Portion, ReadAccount, ReadPage, Scans
from financial_connections.sync.source import TransactionSource, piece_from

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from financial_connections._request import RequestOptions, Sender
    from financial_connections.models import Transaction
    from financial_connections.sync.pieces import Piece


class Changes(AsyncIterator[Batch]):
    """The batches of one account.

    After an error, the iteration continues with the page that failed.

    Args:
        sync: The sync to run.
    """

    def __init__(self, sync: Sync) -> None:
        self._sync = sync
        self._scans: Scans[Transaction] = Scans(sync._checkpoint)
        self._portions: deque[Portion[Transaction]] = deque()
        self._cursor = sync._cursor
        self._positions: set[str | None] = set()
        """Positions seen in the current pass, to detect a list that loops."""
        self._reader = (
            Reader(sync._source, sync._concurrency) if sync._concurrency > 1 else None
        )
        self._guard = OneAtATime("a sync")
        self._account = sync._snapshot
        if self._account is not None:
            self._scans.take_account(_succeeded_refresh(self._account))
        self._is_open = True

    @property
    def account(self) -> Account:
        """The account as it was when the sync started.

        Its `transaction_refresh` shows how recent the data is.
        """
        if self._account is None:
            raise RuntimeError("the sync has not started")
        return self._account

    @property
    def cursor(self) -> str:
        """The cursor of the latest batch.

        Before the first batch, it is the cursor from which the sync started.
        """
        return self._cursor or encode_cursor(self._sync._account, Checkpoint())

    async def __anext__(self) -> Batch:
        if not self._is_open:
            raise RuntimeError(
                "the sync has been closed: iterate inside its `async with` block"
            )
        with self._guard.hold():
            # There is no `await` between receiving a response and storing it, nor
            # between removing a portion and returning it, so a cancellation loses
            # neither.
            while not self._portions and self._scans.request is not None:
                await self._read(self._scans.request)
        if not self._portions:
            raise StopAsyncIteration
        portion = self._portions.popleft()
        account, previous = self._sync._account, self._cursor
        self._cursor = encode_cursor(account, portion.checkpoint)
        options = self._sync._options
        return Batch(
            account,
            portion.items,
            previous,
            self._cursor,
            options.stripe_account if options else None,
        )

    async def _begin(self) -> None:
        if self._account is None:
            await self._read(ReadAccount())

    def _close(self) -> None:
        self._is_open = False

    async def _read(self, request: ReadAccount | ReadPage) -> None:
        if isinstance(request, ReadAccount):
            account = await self._sync._retrieve()
            if self._account is None:
                self._account = account
            self._portions += self._scans.take_account(_succeeded_refresh(account))
            return
        try:
            page = await self._read_page(request)
        except APIStatusError as error:
            if error.code == "resource_missing" and self._restart_after(error):
                return
            raise
        self._take_page(request, page)

    async def _read_page(self, request: ReadPage) -> Piece[Transaction]:
        # Only the first sync of an account lists everything.
        if self._reader is not None and request.after is None:
            return await self._reader.read(request.starting_after)
        source = self._sync._source
        return piece_from(
            await source.pager(request.starting_after, refresh=request.after)
        )

    def _take_page(self, request: ReadPage, page: Piece[Transaction]) -> None:
        if request.starting_after is None:
            self._positions.clear()
        self._positions.add(request.starting_after)
        last = page.ids[-1] if page.ids else None
        if page.has_more and last in self._positions:
            # Either a refresh has moved the last transaction of a page, or the list
            # loops.
            if self._scans.restart():
                return
            raise PaginationError("the list repeatedly leads back to an earlier page")
        versions = {
            transaction.id: (transaction._version(), transaction)
            for transaction in page.items
        }
        self._portions += self._scans.take_page(versions, last, has_more=page.has_more)

    def _restart_after(self, error: APIStatusError) -> bool:
        """Restart the scan if the API no longer knows its position.

        Raises:
            CursorExpiredError: The API no longer knows the base, and there is no
                substitute for it.
        """
        param = error.param or ""
        if param.startswith("transaction_refresh"):
            expired = CursorExpiredError(
                "the API no longer knows the refresh from which the cursor starts: "
                "sync the account again with cursor=None, and overwrite the stored "
                "transactions"
            )
            expired.request_id = error.request_id
            raise expired from error
        return param == "starting_after" and self._scans.restart()


class Sync(Block[Changes], AsyncIterable[Batch]):
    """A sync that has not started yet.

    Iterate over it, or enter it with `async with` to get `Changes`, which also has the
    account and the cursor. Each iteration and each block starts from the same cursor.

    Returned by `client.transactions.sync`.

    Args:
        sender: Sends the requests.
        limit: Number of transactions per request; None means 100.
        options: Overrides the client's settings for each request.
        account: The account, or its ID.
        cursor: The cursor to start from; None for the very beginning.
        concurrency: Maximum number of concurrent requests.
    """

    def __init__(
        self,
        sender: Sender,
        limit: int | None,
        options: RequestOptions | None,
        account: str | Account,
        cursor: str | None,
        *,
        concurrency: int = 1,
    ) -> None:
        check_limit(limit)
        check_concurrency(concurrency)
        self._sender = sender
        self._snapshot = account if isinstance(account, Account) else None
        self._account = account_id(account)
        self._cursor = cursor
        self._checkpoint = decode_cursor(self._account, cursor)
        self._concurrency = concurrency
        self._options = options
        self._source = TransactionSource(sender, self._account, limit, options)

    def __aiter__(self) -> AsyncIterator[Batch]:
        return Changes(self)

    async def _enter(self, exits: AsyncExitStack, /) -> Changes:
        changes = Changes(self)
        exits.callback(changes._close)
        await changes._begin()
        return changes

    async def _retrieve(self) -> Account:
        return await retrieve_account(
            self._sender, self._account, options=self._options
        )


def _succeeded_refresh(account: Account) -> str | None:
    """Return the ID of the latest transaction refresh, if it succeeded."""
    refresh = account.transaction_refresh
    return refresh.id if refresh and refresh.status == RefreshStatus.SUCCEEDED else None
