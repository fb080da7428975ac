"""Parts of a list that were read ahead, and the pages that they form. Pure.

A part is what one response showed: consecutive rows after a known one. The rows after
any row inside it are what a request after that row, with a smaller limit, would have
returned at the same time. A page may therefore begin inside a part, and continue in the
part that begins at, or contains, its last row. It is never composed otherwise.
"""

from collections.abc import Sequence
from typing import Generic, TypeVar

from attrs import define, field, frozen

T = TypeVar("T")


@frozen
class Piece(Generic[T]):
    """Consecutive rows of a list."""

    ids: Sequence[str]
    items: Sequence[T]
    """The rows, in the order of `ids`."""
    has_more: bool
    """True if the list continues after the last row."""


@define
class Pieces(Generic[T]):
    """Parts of a list, from which pages are taken in list order."""

    _size: int
    """Number of rows on a page."""
    _places: dict[str, tuple[Piece[T], int]] = field(factory=dict, init=False)
    """For each ID, the part that shows the next rows, and the index of the first."""

    def __contains__(self, key: str) -> bool:
        """Return whether the row after this one is known."""
        return key in self._places

    def __len__(self) -> int:
        return len(self._places)

    def clear(self) -> None:
        """Forget all parts."""
        self._places.clear()

    def add(self, after: str, piece: Piece[T]) -> None:
        """Add the rows that follow a row, unless the response contradicts itself.

        Args:
            after: ID of the row.
            piece: The rows that follow it.
        """
        keys = (after, *piece.ids)
        if len(set(keys)) == len(keys) and (piece.ids or not piece.has_more):
            # Nothing is known about what follows the last one.
            for index in range(max(1, len(piece.ids))):
                self._places[keys[index]] = piece, index

    def take(self, position: str) -> Piece[T] | str:
        """Remove and return the page after a row.

        Args:
            position: ID of the row.

        Returns:
            The page, or the ID of the row after which the list must be read first.
        """
        if position not in self._places:
            return position
        piece, start = self._places[position]
        if start:
            assembled = self._assemble(piece, start)
            if isinstance(assembled, str):
                return assembled
            piece = assembled
        for key in (position, *piece.ids[:-1]):
            self._places.pop(key, None)
        return piece

    def _assemble(self, piece: Piece[T], start: int) -> Piece[T] | str:
        """Return the page that begins inside a part."""
        ids, items = list(piece.ids[start:]), list(piece.items[start:])
        has_more = piece.has_more
        while has_more and len(ids) < self._size:
            if ids[-1] not in self._places:
                return ids[-1]
            piece, start = self._places[ids[-1]]
            end = start + self._size - len(ids)
            if not set(ids).isdisjoint(piece.ids[start:end]):
                # A row has moved between the parts. Separate pages show both versions.
                break
            has_more = piece.has_more or end < len(piece.ids)
            ids += piece.ids[start:end]
            items += piece.items[start:end]
        return Piece(ids, items, has_more)
