"""Cursor pagination, newest first. https://docs.stripe.com/api/pagination

`starting_after` gives what is older than the cursor, `ending_before` the page nearest
to the cursor of what is newer; neither contains the cursor; both are newest first
within the page. `has_more` looks in the direction of travel.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Generic, Protocol, TypeVar

from attrs import frozen


class Identified(Protocol):
    """What a log holds."""

    @property
    def id(self) -> str:
        """The id, unique in its log."""
        ...


T = TypeVar("T", bound=Identified)


@frozen(kw_only=True)
class Window:
    """Which page is wanted: `limit` items on one side of at most one cursor."""

    limit: int = 10
    starting_after: str | None = None
    ending_before: str | None = None


@frozen
class Page(Generic[T]):
    """Items newest first, and whether the direction of travel has more."""

    data: list[T]
    has_more: bool


class Log(Generic[T]):
    """Items in the order of their creation. It only grows, so a position, and with it a
    cursor, stays good.
    """

    def __init__(self) -> None:
        self._items: list[T] = []
        self._positions: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._positions

    def append(self, item: T) -> None:
        """Add the newest item."""
        self._positions[item.id] = len(self._items)
        self._items.append(item)

    def get(self, item_id: str) -> T | None:
        """Return the item of this id."""
        position = self._positions.get(item_id)
        return None if position is None else self._items[position]

    def page(self, window: Window, keep: Callable[[T], bool] | None = None) -> Page[T]:
        """Return a page of the items to `keep`. Without a filter it costs the page,
        wherever it lies.
        """
        found = list(islice(filter(keep, self._travel(window)), window.limit + 1))
        data = found[: window.limit]
        if window.ending_before is not None:
            data.reverse()
        return Page(data, has_more=len(found) > window.limit)

    def _travel(self, window: Window) -> Iterator[T]:
        if window.ending_before is not None:
            first = self._positions[window.ending_before] + 1
            return (
                self._items[position] for position in range(first, len(self._items))
            )
        last = (
            len(self._items)
            if window.starting_after is None
            else self._positions[window.starting_after]
        )
        return (self._items[position] for position in range(last - 1, -1, -1))
