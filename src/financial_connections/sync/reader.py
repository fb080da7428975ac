"""Request the pages of a list, several at once if the list is long."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import anyio

from financial_connections._concurrency import BackgroundTasks
from financial_connections.sync.ahead import Ahead
from financial_connections.sync.pieces import Piece, Pieces
from financial_connections.sync.source import NoRoomError, piece_from

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from financial_connections.models import Transaction
    from financial_connections.sync.source import TransactionSource

    _Work = Callable[[], Awaitable[Callable[[], None]]]
    """Sends a request, and returns a function that notes the response."""

_PATIENCE = 3.0
"""Factor by which the requests ahead may take longer than that of the sync."""
_MIN_PATIENCE = 1.0
"""Seconds that the requests ahead may take in any case."""

_BEGINNING = ""
"""Stands for the beginning of the list, because no transaction has an empty ID."""


class Reader:
    """Reads the whole list page by page, and ahead if it is long.

    Pages are read ahead only together with one that the sync needs, and `read` returns
    only after all of its requests have ended. What was read ahead is used in the same
    pass only, so all requests of a pass begin after the pass before has ended.

    Args:
        source: The transactions.
        concurrency: Maximum number of concurrent requests.
    """

    def __init__(self, source: TransactionSource, concurrency: int) -> None:
        self._source = source
        self._source_with_room = source.with_room()
        self._width = self._concurrency = concurrency
        """Number of concurrent requests, which decreases after errors."""
        self._ahead = Ahead(source.size, concurrency)
        self._pieces: Pieces[Transaction] = Pieces(source.size)
        self._unread: str | None = None
        """The position of the latest call, unless it has returned."""
        self._has_failed = False

    async def read(self, starting_after: str | None) -> Piece[Transaction]:
        """Return the page after a transaction.

        Args:
            starting_after: ID of the transaction; None at the beginning of a pass.
        """
        position = starting_after or _BEGINNING
        if position != self._unread:
            if starting_after is None:
                self._pieces.clear()
                self._ahead.begin_pass()
            self._ahead.advance(starting_after)
            self._unread = position
        page = self._pieces.take(position)
        while isinstance(page, str):
            needed = await self._read_around(page)
            if page in self._pieces:
                page = self._pieces.take(position)
            elif page == position:
                page = needed  # a response that contradicts itself is used as it is
            else:
                self._pieces.clear()
                page = position
        self._unread = None
        if not page.has_more:
            self._pieces.clear()
            self._ahead.end_pass()
        return page

    async def _read_around(self, position: str) -> Piece[Transaction]:
        """Read the page after a row, and others at the same time."""
        plan = self._ahead.plan(
            position or None,
            width=self._width - 1,
            held=len(self._pieces),
            is_known=self._pieces.__contains__,
        )
        works: list[_Work] = [
            *(partial(self._read_ahead, key) for key in plan.after),
            *(partial(self._guess, until) for until in plan.until),
        ]
        results: list[Callable[[], None] | None] = [None] * len(works)
        self._has_failed = False
        try:
            async with BackgroundTasks() as tasks:
                group = _Group(tasks)
                for index, work in enumerate(works):
                    group.start(partial(self._try, work, index, results))
                started_at = anyio.current_time()
                page = await self._fetch(self._source, position)
                self._take(position, page)
                seconds = _PATIENCE * (anyio.current_time() - started_at)
                if works:
                    with anyio.move_on_after(max(_MIN_PATIENCE, seconds)):
                        await group.wait()
        finally:
            # In the order of the plan, so that the next one does not depend on chance.
            for result in results:
                if result is not None:
                    result()
        self._width = (
            max(1, self._width // 2)
            if self._has_failed
            else min(self._concurrency, self._width + 1)
        )
        return page

    async def _try(
        self, work: _Work, index: int, results: list[Callable[[], None] | None]
    ) -> None:
        try:
            results[index] = await work()
        except NoRoomError:
            return
        except Exception:  # noqa: BLE001 - the sync reads the page itself if it needs it
            self._has_failed = True

    async def _fetch(
        self, source: TransactionSource, position: str
    ) -> Piece[Transaction]:
        return piece_from(await source.pager(position or None))

    async def _read_ahead(self, key: str) -> Callable[[], None]:
        piece = await self._fetch(self._source_with_room, key)
        return partial(self._take, key, piece)

    async def _guess(self, until: int) -> Callable[[], None]:
        pager = self._source_with_room.pager(
            None, transacted_at={"lte": until}, limit=1
        )
        return partial(self._take_guess, until, piece_from(await pager))

    def _take(self, position: str, piece: Piece[Transaction]) -> None:
        self._ahead.take_page(
            position or None,
            piece.ids,
            [item.transacted_at for item in piece.items if _has_time(item)],
            has_more=piece.has_more,
            is_known=self._pieces.__contains__,
        )
        self._pieces.add(position, piece)

    def _take_guess(self, until: int, piece: Piece[Transaction]) -> None:
        if not piece.items:
            self._ahead.take_guess(until, None, 0, is_known=False)
        elif _has_time(item := piece.items[0]):
            is_known = item.id in self._pieces
            self._ahead.take_guess(
                until, item.id, item.transacted_at, is_known=is_known
            )


class _Group:
    """Tasks whose end can be waited for.

    Args:
        tasks: Ends the tasks if they are not waited for.
    """

    def __init__(self, tasks: BackgroundTasks) -> None:
        self._tasks = tasks
        self._running = 0
        self._ended = anyio.Event()
        self._error: BaseException | None = None
        self._cancelled = anyio.get_cancelled_exc_class()

    def start(self, work: Callable[[], Awaitable[None]]) -> None:
        self._running += 1
        self._tasks.start(work, self._finish)

    async def wait(self) -> None:
        await self._ended.wait()
        if self._error is not None:
            raise self._error

    def _finish(self, error: BaseException | None) -> None:
        if error is not None and not isinstance(error, self._cancelled):
            self._error = error
        self._running -= 1
        if not self._running:
            self._ended.set()


def _has_time(transaction: Transaction) -> bool:
    return isinstance(transaction.transacted_at, int)
