"""Request the pages of a list."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Never, Protocol, TypeVar

from attrs import Factory, evolve, field, frozen

from financial_connections.data.tabular import AsyncTabular, Rows
from financial_connections.errors import InvalidArgumentError, PaginationError
from financial_connections.pagination.iterators import Items, Pages
from financial_connections.pagination.loop import Trail
from financial_connections.pagination.page import Page, is_cursor
from financial_connections.pagination.prefetch import Prefetch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Generator

    from financial_connections._request import RequestOptions
    from financial_connections.pagination.page import _ListModel

T_co = TypeVar("T_co", covariant=True)

LARGEST_PAGE = 100
"""Maximum number of items that the API returns on one page."""


class _Fetch(Protocol[T_co]):
    """A generated list function with everything bound except the position."""

    def __call__(
        self,
        *,
        limit: int | None,
        starting_after: str | None,
        ending_before: str | None,
        options: RequestOptions | None,
    ) -> Awaitable[_ListModel[T_co]]: ...


@frozen(eq=False, repr=False)
class Pager(AsyncTabular, Generic[T_co]):
    """A list that is requested when it is awaited or iterated over.

    `await pager` returns the first page, and `async for item in pager` iterates over
    all items. A pager can be used any number of times; each use starts from the
    beginning. Iterating requests 100 items per page unless you set `limit=`. A deadline
    applies to each page, not to the whole iteration.

    Returned by the methods that list objects.

    Args:
        fetch: Requests a page.
        limit: Number of items per page. Defaults to 100 when iterating, and to the
            server's default for a single page.
        starting_after: ID of the item after which the list starts.
        ending_before: ID of the item before which the list ends. Items are then
            iterated over from oldest to newest.
        options: Overrides the client's settings for each request.
        remaining: Maximum number of items. By default, all items are returned.
        trail: Cursors of earlier pages, to detect a list that leads back to them.
    """

    _fetch: _Fetch[T_co] = field(alias="fetch")
    _limit: int | None = field(default=None, alias="limit", kw_only=True)
    _starting_after: str | None = field(
        default=None, alias="starting_after", kw_only=True
    )
    _ending_before: str | None = field(
        default=None, alias="ending_before", kw_only=True
    )
    _options: RequestOptions | None = field(default=None, alias="options", kw_only=True)
    _remaining: int | None = field(default=None, alias="remaining", kw_only=True)
    _trail: Trail = field(
        default=Factory(
            lambda pager: Trail.beginning_at(pager._cursor), takes_self=True
        ),
        alias="trail",
        kw_only=True,
    )

    def __attrs_post_init__(self) -> None:
        check_limit(self._limit)
        if self._starting_after is not None and self._ending_before is not None:
            raise InvalidArgumentError(
                "starting_after and ending_before cannot be used together"
            )
        for name, cursor in (
            ("starting_after", self._starting_after),
            ("ending_before", self._ending_before),
        ):
            if cursor is not None and not is_cursor(cursor):
                raise InvalidArgumentError(f"{name} must be the ID of an object")

    def __await__(self) -> Generator[Any, None, Page[T_co]]:
        return self._fetch_page().__await__()

    def __aiter__(self) -> AsyncIterator[T_co]:
        return Items(self.pages(), newest_first=not self._is_backward)

    # Type checkers reject `for item in pager` only if they do not see this method.
    if not TYPE_CHECKING:

        def __iter__(self) -> Never:
            raise TypeError(
                "a Pager sends requests, so iterate with `async for item in pager`; "
                "`for item in await pager` iterates over the first page only"
            )

    def pages(self) -> AsyncIterator[Page[T_co]]:
        """Iterate over the pages."""
        return Pages(self._with_default_limit())

    def take(self, n: int) -> Pager[T_co]:
        """Return a pager for the first items only, which requests no unneeded pages.

        Args:
            n: Maximum number of items.
        """
        count = _count("n", n, at_least=0)
        return evolve(
            self,
            remaining=count if self._remaining is None else min(count, self._remaining),
        )

    async def collect(self, *, max_items: int) -> list[T_co]:
        """Return the items as a list.

        Args:
            max_items: Maximum number of items. Required, so that a long list cannot
                exhaust memory by accident.
        """
        return [
            item async for item in self.take(_count("max_items", max_items, at_least=0))
        ]

    async def _collect_rows(self, max_items: int) -> Rows:
        pager = self.take(_count("max_items", max_items, at_least=0))
        rows: Rows | None = None
        items: list[T_co] = []
        async for page in pager.pages():
            rows = page._rows()
            items += rows.items[::-1] if self._is_backward else rows.items
        if rows is None:  # for the class of the items
            rows = (await pager)._rows()
        return evolve(rows, items=items)

    def prefetch(self, *, pages: int = 1) -> Prefetch[Page[T_co], T_co]:
        """Fetch the next pages while you process the current one.

            async with pager.prefetch() as items:
                async for item in items:
                    ...

        Args:
            pages: Number of pages to fetch ahead.

        Returns:
            An async context manager that returns an iterator over the items.
        """
        ahead = _count("pages", pages, at_least=1)
        return Prefetch(
            self.pages, partial(Items, newest_first=not self._is_backward), ahead
        )

    def __repr__(self) -> str:
        fetch: Any = self._fetch
        name = (
            fetch.func.__name__ if isinstance(fetch, partial) else type(fetch).__name__
        )
        return f"<Pager of {name}>"

    @property
    def _is_backward(self) -> bool:
        return self._ending_before is not None

    @property
    def _cursor(self) -> str | None:
        return self._ending_before if self._is_backward else self._starting_after

    def _with_default_limit(self) -> Pager[T_co]:
        """Return a pager that requests large pages, unless the caller set a limit."""
        if self._limit is not None:
            return self
        return evolve(
            self, limit=max(1, min(LARGEST_PAGE, self._remaining or LARGEST_PAGE))
        )

    async def _fetch_page(self) -> Page[T_co]:
        result = await self._fetch(
            limit=self._limit,
            starting_after=self._starting_after,
            ending_before=self._ending_before,
            options=self._options,
        )
        data = list(result.data)
        # Without a usable `has_more`, only an empty page is certain to be the last.
        has_more = bool(data) if result.has_more is None else result.has_more
        if self._remaining is not None and len(data) >= self._remaining:
            has_more = False
            # When iterating backwards, the items nearest to the cursor come last.
            data = (
                data[len(data) - self._remaining :]
                if self._is_backward
                else data[: self._remaining]
            )
        edge = (data[0] if self._is_backward else data[-1]) if data else None
        return Page(
            data,
            has_more,
            result.url,
            getattr(edge, "id", None),
            result.request_id,
            list_model=result,
            pager=self,
        )

    def _following(self, page: Page[T_co]) -> Pager[T_co]:
        """Return the pager for the page after `page`."""
        if self._trail.has_passed(page.cursor):
            raise PaginationError("the list leads back to an earlier page")
        remaining = (
            None if self._remaining is None else self._remaining - len(page.data)
        )
        following = evolve(
            self, remaining=remaining, trail=self._trail.extended(page.cursor)
        )
        if self._is_backward:
            return evolve(following, ending_before=page.cursor)
        return evolve(following, starting_after=page.cursor)


def check_limit(value: Any) -> None:
    """Raise an error unless the value is None or a number of items on a page."""
    if value is not None and (
        isinstance(value, bool)
        or not isinstance(value, int)
        or not 1 <= value <= LARGEST_PAGE
    ):
        raise InvalidArgumentError(f"limit must be an integer from 1 to {LARGEST_PAGE}")


def _count(name: str, value: Any, *, at_least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise InvalidArgumentError(f"{name} must be an integer of at least {at_least}")
    return value
