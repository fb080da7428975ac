"""Fetch the next pages of a list while the current one is processed."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio

from financial_connections._concurrency import (
    BackgroundTasks,
    Block,
    OneAtATime,
    ResultQueue,
)

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

_HEAD_START = 8
"""Event loop iterations granted to the next request before a page is returned. Sending
it takes at most three on an open connection, or five over an `http_client`. Opening
a connection takes longer, so then a consumer that blocks the event loop delays it.
"""

PageT = TypeVar("PageT")
T = TypeVar("T")


class Prefetch(Block[AsyncIterator[T]], Generic[PageT, T]):
    """An async context manager that fetches the next pages in the background.

    Returned by `Pager.prefetch`. Fetching stops at the end of the block. After an
    error, the iteration continues with the page that failed. If you use the block in an
    async generator, wrap the generator in `contextlib.aclosing`; otherwise fetching
    continues until the generator is garbage-collected.

    Args:
        pages: Returns an iterator over the pages.
        items: Returns an iterator over the items of the given pages.
        ahead: Number of pages to fetch ahead.
    """

    def __init__(
        self,
        pages: Callable[[], AsyncIterator[PageT]],
        items: Callable[[AsyncIterator[PageT]], AsyncIterator[T]],
        ahead: int,
    ) -> None:
        self._pages = pages
        self._items = items
        self._ahead = ahead

    async def _enter(self, exits: AsyncExitStack, /) -> AsyncIterator[T]:
        results: ResultQueue[PageT | Exception] = ResultQueue("prefetch", 1)
        tasks = await exits.enter_async_context(BackgroundTasks())
        exits.callback(results.close)
        fetch = partial(_fetch_ahead, self._pages(), results, self._ahead)
        tasks.start(fetch, results.finish)
        return self._items(_PrefetchedPages(results))


async def _fetch_ahead(
    pages: AsyncIterator[PageT], results: ResultQueue[PageT | Exception], ahead: int
) -> None:
    untaken: deque[anyio.Event] = deque()
    while True:
        try:
            result: PageT | Exception = await anext(pages)
        except StopAsyncIteration:
            return
        except Exception as error:  # noqa: BLE001 - the consumer receives it
            result = error
        taken = results.put(result)
        if isinstance(result, Exception):
            results.demand = anyio.Event()
            await taken.wait()
            # Request the page again only when the consumer wants it.
            await results.demand.wait()
            untaken.clear()
        else:
            untaken.append(taken)
        # The page about to be fetched counts towards `ahead`.
        while len(untaken) >= ahead:
            await untaken.popleft().wait()


class _PrefetchedPages(AsyncIterator[PageT]):
    def __init__(self, results: ResultQueue[PageT | Exception]) -> None:
        self._results = results
        self._result: PageT | Exception | None = None
        self._guard = OneAtATime("a prefetching iterator")

    async def __anext__(self) -> PageT:
        with self._guard.hold():
            # Kept here until it is returned, so that it is not lost if the consumer is
            # cancelled in the meantime.
            if self._result is None:
                self._result = await anext(self._results)
            # A consumer that computes without awaiting blocks the event loop. Let the
            # next request be sent first.
            for _ in range(_HEAD_START):
                await anyio.lowlevel.checkpoint()
            result, self._result = self._result, None
        if isinstance(result, Exception):
            raise result
        return result
