"""Lists as pages and as one stream of items.

Pages come newest first. Walking forwards (`starting_after`) continues after a page's
last item; walking backwards (`ending_before`) continues before its first, which is the
newest, so that items come oldest to newest. Source:
https://docs.stripe.com/api/pagination
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from attrs import evolve, field, frozen

from financial_connections.errors import InvalidArgumentError, PaginationError
from financial_connections.pagination.iterators import Items, Pages
from financial_connections.pagination.prefetch import Prefetch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Generator, Sequence

    from financial_connections._request import RequestOptions

__all__ = ["Page", "Pager", "Prefetch"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

LARGEST_PAGE = 100
"""The most items that the API puts on a page."""


class _List(Protocol[T_co]):
    """What every generated list model looks like."""

    @property
    def data(self) -> Sequence[T_co] | None: ...
    @property
    def has_more(self) -> bool | None: ...
    @property
    def url(self) -> str | None: ...
    @property
    def request_id(self) -> str | None: ...
    def to_dict(self) -> dict[str, Any]: ...


class _Fetch(Protocol[T_co]):
    """A generated list function, bound to all but its place."""

    def __call__(
        self,
        *,
        limit: int | None,
        starting_after: str | None,
        ending_before: str | None,
        options: RequestOptions | None,
    ) -> Awaitable[_List[T_co]]: ...


@frozen(eq=False)
class Page(Generic[T_co]):
    """One page of a list."""

    data: list[T_co] = field(repr=False)
    """The items, newest first."""
    has_more: bool
    """True if there are more items in the direction of the iteration."""
    url: str | None
    """The path of the list, as the server names it; never followed."""
    cursor: str | None
    """The id from which the next page continues: its `starting_after` or, backwards,
    its `ending_before`.
    """
    request_id: str | None
    """Stripe's id of the request whose response this page is."""
    _list: _List[T_co] = field(repr=False, alias="answer")
    _pager: Pager[T_co] = field(repr=False, alias="pager")
    _walk: dict[str | None, int] = field(repr=False, alias="walk")
    _place: int = field(repr=False, alias="place")

    async def next(self) -> Page[T_co] | None:
        """Return the page after this one; None when this is the last. Raises
        `PaginationError`.
        """
        if not self.has_more:
            return None
        if not is_cursor(self.cursor):
            fault = "no id" if self.cursor is None else "an unusable id"
            why = f"its last item has {fault}" if self.data else "it is empty"
            raise PaginationError(
                f"the list says that it has more, but {why}: there is no cursor to go on from"
            )
        # A cursor has one place in a walk; at a second one, the list runs in a circle.
        if self._walk.setdefault(self.cursor, self._place) != self._place:
            raise PaginationError("the list leads back to where it was")
        return await self._pager._after(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything the server sent for this page."""
        return self._list.to_dict()


@frozen(eq=False, repr=False)
class Pager(Generic[T_co]):
    """A list that is requested when you await it or iterate over it, as often as you
    like.

    `await pager` is the first page, `async for item in pager` every item. Iterating
    requests 100 items a page unless `limit=` was given. A deadline limits each page,
    not the whole iteration.
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
    _walk: dict[str | None, int] | None = field(
        default=None, alias="walk", kw_only=True
    )
    """Of the pages before: their cursors, each with its place."""
    _place: int = field(default=0, alias="place", kw_only=True)

    def __attrs_post_init__(self) -> None:
        limit = self._limit
        if limit is not None and (
            isinstance(limit, bool)
            or not isinstance(limit, int)
            or not 1 <= limit <= LARGEST_PAGE
        ):
            raise InvalidArgumentError(
                f"limit must be a whole number from 1 to {LARGEST_PAGE}"
            )
        if self._starting_after is not None and self._ending_before is not None:
            raise InvalidArgumentError(
                "starting_after and ending_before exclude each other"
            )
        for name, cursor in (
            ("starting_after", self._starting_after),
            ("ending_before", self._ending_before),
        ):
            if cursor is not None and not is_cursor(cursor):
                raise InvalidArgumentError(f"{name} must be an object's id")

    def __await__(self) -> Generator[Any, None, Page[T_co]]:
        return self._first_page().__await__()

    def __aiter__(self) -> AsyncIterator[T_co]:
        return Items(self.pages(), newest_first=not self._is_backward)

    def pages(self) -> AsyncIterator[Page[T_co]]:
        """Iterate over the pages."""
        return Pages(self._roomy())

    def take(self, n: int) -> Pager[T_co]:
        """Return a pager of at most `n` items, which fetches no page that it does not
        need.
        """
        count = _count("n", n, at_least=0)
        return evolve(
            self,
            remaining=count if self._remaining is None else min(count, self._remaining),
        )

    async def collect(self, *, max_items: int) -> list[T_co]:
        """Return the items, at most `max_items`, as a list."""
        return [
            item async for item in self.take(_count("max_items", max_items, at_least=0))
        ]

    def prefetch(self, *, pages: int = 1) -> Prefetch[Page[T_co], T_co]:
        """Return a context in which the next `pages` pages are fetched while you work
        on this one.

        async with pager.prefetch() as items:
            async for item in items:
                ...
        """
        ahead = _count("pages", pages, at_least=1)
        return Prefetch(
            self.pages, partial(Items, newest_first=not self._is_backward), ahead
        )

    def __repr__(self) -> str:
        fetch: Any = self._fetch
        what = (
            fetch.func.__name__ if isinstance(fetch, partial) else type(fetch).__name__
        )
        return f"<Pager of {what}>"

    @property
    def _is_backward(self) -> bool:
        return self._ending_before is not None

    @property
    def _cursor(self) -> str | None:
        return self._ending_before if self._is_backward else self._starting_after

    def _roomy(self) -> Pager[T_co]:
        """Ask for large pages, unless the caller chose."""
        if self._limit is not None:
            return self
        return evolve(
            self, limit=max(1, min(LARGEST_PAGE, self._remaining or LARGEST_PAGE))
        )

    async def _first_page(self) -> Page[T_co]:
        answer = await self._fetch(
            limit=self._limit,
            starting_after=self._starting_after,
            ending_before=self._ending_before,
            options=self._options,
        )
        data = list(answer.data or ())
        # Without a usable `has_more`, only an empty page is sure to be the last.
        has_more = bool(data) if answer.has_more is None else answer.has_more
        if self._remaining is not None and len(data) >= self._remaining:
            has_more = False
            # Backwards, the items nearest to the cursor are a page's last.
            data = (
                data[len(data) - self._remaining :]
                if self._is_backward
                else data[: self._remaining]
            )
        edge = (data[0] if self._is_backward else data[-1]) if data else None
        return Page(
            data,
            has_more,
            answer.url,
            getattr(edge, "id", None),
            answer.request_id,
            answer=answer,
            pager=self,
            walk={self._cursor: -1} if self._walk is None else self._walk,
            place=self._place,
        )

    def _after(self, page: Page[T_co]) -> Pager[T_co]:
        left = None if self._remaining is None else self._remaining - len(page.data)
        onward = evolve(self, remaining=left, walk=page._walk, place=self._place + 1)
        if self._is_backward:
            return evolve(onward, ending_before=page.cursor)
        return evolve(onward, starting_after=page.cursor)


def is_cursor(value: Any) -> bool:
    """Return True for a value that can be sent as `starting_after` or `ending_before`."""
    return isinstance(value, str) and value.isprintable() and value.strip() != ""


def _count(name: str, value: Any, *, at_least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise InvalidArgumentError(
            f"{name} must be a whole number of at least {at_least}"
        )
    return value
