"""Decide what to read ahead of the chain of pages that a sync follows. Pure.

A page can be requested only after a known row. The first pass over a list therefore
guesses: a request for the newest transaction up to a certain time returns a row further
down, and from there another chain of pages is read, until it meets the next one. A
later pass requests the pages that began after the same rows in the pass before.

Only the speed depends on these decisions. They assume that the newest transactions come
first; if that is wrong, nothing is read ahead, or what was read is not used.
"""

from collections.abc import Callable, Sequence

from attrs import define, field, frozen

from financial_connections.sync.chains import Chains

_PAGES_BEFORE = 4
"""Number of pages of a pass that are read before anything is read ahead."""
_WINDOW = 8
"""Pages that may lie between the sync and a guess, for each concurrent request."""
_MAX_HELD = 8
"""Pages that may be held in memory, for each concurrent request."""
_FIRST_GUESSES = 8
_PAGES_PER_GUESS = 3
"""Number of pages of a pass after which one more guess is allowed."""


@frozen
class Plan:
    """The requests to send together with that for the page that the sync needs."""

    after: Sequence[str] = ()
    """IDs of rows after which to read a page."""
    until: Sequence[int] = ()
    """Times for which to request the newest transaction up to then."""


@define
class Ahead:
    """The plan of one pass after another.

    Call `begin_pass`, then `advance`, `plan` and `take_page` in turns, and `end_pass`.
    """

    _size: int
    """Number of rows on a page."""
    _concurrency: int
    """Maximum number of concurrent requests."""
    _chains: Chains = field(init=False)
    _positions: list[str | None] = field(factory=list, init=False)
    """The rows after which the sync has read the pages of the current pass."""
    _earlier: list[str] = field(factory=list, init=False)
    """The same of the latest pass that was complete and long, without the beginning."""
    _indexes: dict[str, int] = field(factory=dict, init=False)
    """Indexes in `_earlier`."""
    _pages: int = field(default=0, init=False)
    """Number of pages that were read in this pass, including those ahead."""

    def __attrs_post_init__(self) -> None:
        self.begin_pass()

    def begin_pass(self) -> None:
        """Begin another pass."""
        self._chains = Chains(self._size, _WINDOW * self._concurrency)
        self._positions, self._pages = [], 0

    def end_pass(self) -> None:
        """Keep the positions of a pass that has reached the end of the list."""
        if self._positions[:1] == [None]:
            keys = [key for key in self._positions if key is not None]
            self._earlier = keys if len(keys) >= _PAGES_BEFORE else []
            self._indexes = {key: index for index, key in enumerate(self._earlier)}

    def advance(self, position: str | None) -> None:
        """Note that the sync continues after this row.

        Args:
            position: ID of the row; None at the beginning of the list.
        """
        self._positions.append(position)

    def take_page(
        self,
        after: str | None,
        ids: Sequence[str],
        times: Sequence[int],
        *,
        has_more: bool,
        is_known: Callable[[str], bool],
    ) -> None:
        """Note a page that was read.

        Args:
            after: ID of the row after which it was read.
            ids: IDs of its rows.
            times: Times of its rows, as far as they have one.
            has_more: True if the list continues.
            is_known: Returns whether the row after this one has been read before.
        """
        self._pages += 1
        if not self._earlier:
            self._chains.take_page(
                after, ids, times, has_more=has_more, is_known=is_known
            )

    def take_guess(
        self, until: int, key: str | None, time: int, *, is_known: bool
    ) -> None:
        """Note the newest transaction up to a time.

        Args:
            until: The time.
            key: ID of the transaction; None if there is none.
            time: Time of the transaction.
            is_known: True if the row after it has been read before.
        """
        self._chains.take_guess(until, key, time, is_known=is_known)

    def plan(
        self,
        needed: str | None,
        *,
        width: int,
        held: int,
        is_known: Callable[[str], bool],
    ) -> Plan:
        """Return what to read ahead.

        Args:
            needed: ID of the row after which the sync reads a page now.
            width: Maximum number of requests.
            held: Number of rows in memory.
            is_known: Returns whether the row after this one has been read.
        """
        room = min(width, _MAX_HELD * self._concurrency - held // self._size)
        if room <= 0:
            return Plan()
        if self._earlier:
            last = len(self._earlier)
            start = 0 if needed is None else self._indexes.get(needed, last) + 1
            following = self._earlier[start : start + room]
            return Plan([key for key in following if not is_known(key)])
        if not self._chains.is_sorted or len(self._positions) <= _PAGES_BEFORE:
            return Plan()
        after = self._chains.follow(needed, is_known)[:room]
        allowed = _FIRST_GUESSES + self._pages // _PAGES_PER_GUESS
        count = min(room - len(after), allowed - self._chains.guesses)
        return Plan(after, self._chains.guess(count))
