"""Iterate over the pages of a list, or over its items."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, TypeVar

from financial_connections._concurrency import OneAtATime

if TYPE_CHECKING:
    from financial_connections.pagination.page import Page
    from financial_connections.pagination.pager import Pager

T = TypeVar("T")


class Pages(AsyncIterator["Page[T]"]):
    """The pages of a list, each requested when the iteration reaches it.

    After an error, the iteration continues with the page that failed.

    This is a class because an async generator ends at its first error, and an abandoned
    one is finalized later, in another task.
    """

    def __init__(self, pager: Pager[T]) -> None:
        self._pager = pager
        self._page: Page[T] | None = None
        self._ended = pager._remaining == 0
        self._guard = OneAtATime("a list")

    async def __anext__(self) -> Page[T]:
        if self._ended:
            raise StopAsyncIteration
        with self._guard.hold():
            page = await (self._pager if self._page is None else self._page.next())
        if page is None:
            self._ended = True
            raise StopAsyncIteration
        self._page = page
        return page


class Items(AsyncIterator[T]):
    """The items of all pages, one after another."""

    def __init__(self, pages: AsyncIterator[Page[T]], *, newest_first: bool) -> None:
        self._pages = pages
        self._newest_first = newest_first
        self._items = deque[T]()

    async def __anext__(self) -> T:
        while not self._items:
            page = await anext(self._pages)
            # Add to the items, because another task may have received a page as well.
            self._items.extend(page.data if self._newest_first else page.data[::-1])
        return self._items.popleft()
