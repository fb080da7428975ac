"""Cursor pagination, newest first.

`starting_after` selects items older than the cursor. `ending_before` selects the page
of newer items nearest to the cursor. Neither includes the cursor itself, and items
within a page are always newest first. `has_more` refers to the direction of travel.

Source: https://docs.stripe.com/api/pagination
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Generic, Protocol, TypeVar

from attrs import frozen


class Identified(Protocol):
    """An item of a collection."""

    @property
    def id(self) -> str:
        """ID of the item, unique within the collection."""
        ...


T = TypeVar("T", bound=Identified)


@frozen(kw_only=True)
class PageRequest:
    """A request for up to `limit` items before or after an optional cursor."""

    limit: int = 10
    starting_after: str | None = None
    ending_before: str | None = None


@frozen
class Page(Generic[T]):
    """Items, newest first. `has_more` refers to the direction of travel."""

    data: list[T]
    has_more: bool


class Collection(Generic[T]):
    """Items in order of creation.

    Items are only ever appended, so their positions, and therefore cursors, stay valid.
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
        """Append an item, which becomes the newest."""
        self._positions[item.id] = len(self._items)
        self._items.append(item)

    def get(self, item_id: str) -> T | None:
        """Return the item with this ID, or None."""
        position = self._positions.get(item_id)
        return None if position is None else self._items[position]

    def page(
        self, request: PageRequest, keep: Callable[[T], bool] | None = None
    ) -> Page[T]:
        """Return a page of the items accepted by `keep`.

        Without a filter, the cost depends only on the page's size, not on its position.
        """
        items = list(islice(filter(keep, self._travel(request)), request.limit + 1))
        data = items[: request.limit]
        if request.ending_before is not None:
            data.reverse()
        return Page(data, has_more=len(items) > request.limit)

    def _travel(self, request: PageRequest) -> Iterator[T]:
        if request.ending_before is not None:
            first = self._positions[request.ending_before] + 1
            return (
                self._items[position] for position in range(first, len(self._items))
            )
        last = (
            len(self._items)
            if request.starting_after is None
            else self._positions[request.starting_after]
        )
        return (self._items[position] for position in range(last - 1, -1, -1))
