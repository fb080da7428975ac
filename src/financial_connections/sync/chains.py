"""Chains of pages that divide a list, and guesses where to begin more of them. Pure.

The guesses are times. They are spread so that the chains become about equally long,
according to the number of rows per second that was seen so far.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

from attrs import define, field

_MIN_CHAIN = 5
"""Expected number of pages that justify another chain."""
_SECONDS_PER_DAY = 86_400


@define(eq=False)
class Chain:
    """A part of the list that is read page by page."""

    first: str | None
    """ID of the row that was guessed."""
    end: str
    """ID of the row after which the chain continues."""
    top: int
    bottom: int
    """Times of the first and the last row."""
    bound: int
    """Time such that all rows above the chain are more recent."""
    density: float = 0.0
    """Rows per second on the last page; 0 if unknown."""
    rows: int = 0
    misses: int = 0
    """Number of guesses that have found nothing above the chain."""
    is_open: bool = True
    """False if it has reached another chain or the end of the list."""


@define
class Chains:
    """The chains of one pass.

    Args:
        size: Number of rows on a page.
        window: Most pages that may lie between the first chain and a guess.
    """

    _size: int
    _window: float
    guesses: int = field(default=0, init=False)
    """Number of guesses that were made."""
    is_sorted: bool = field(default=True, init=False)
    """False if the newest transactions do not come first."""
    _chains: list[Chain] = field(factory=list, init=False)
    """The chains in list order, beginning with the one that the sync follows."""
    _floor: int | None = field(default=None, init=False)
    """A time that is before all transactions."""
    _guessed: set[str] = field(factory=set, init=False)
    """IDs of the rows that were guessed."""

    def follow(self, needed: str | None, is_known: Callable[[str], bool]) -> list[str]:
        """Return the rows after which the other chains continue.

        Args:
            needed: ID of the row after which the sync continues.
            is_known: Returns whether the row after this one has been read.
        """
        ends = [chain.end for chain in self._chains]
        if needed in ends:
            del self._chains[: ends.index(needed)]
        for chain in self._chains:
            chain.is_open = chain.is_open and not is_known(chain.end)
        return [
            chain.end for chain in self._chains if chain.is_open and chain.end != needed
        ]

    def take_page(
        self,
        after: str | None,
        ids: Sequence[str],
        times: Sequence[int],
        *,
        has_more: bool,
        is_known: Callable[[str], bool],
    ) -> None:
        """Extend a chain, or begin the first one. See `Ahead.take_page`."""
        rises = sum(newer < older for newer, older in pairwise(times))
        self.is_sorted = self.is_sorted and rises <= len(times) // 4
        chain = next((chain for chain in self._chains if chain.end == after), None)
        if chain is None:
            if not times:
                return
            chain = Chain(None, ids[-1], times[0], times[-1], times[0])
            self._insert(chain)
        guessed = {other.first for other in self._chains if other is not chain}
        if not has_more or any(key in guessed or is_known(key) for key in ids):
            chain.is_open = False
        if times:
            newest = chain.bottom if chain.rows else chain.top
            chain.bottom = min(chain.bottom, times[-1])
            chain.density = len(ids) / ((newest - chain.bottom) or 1)
        if ids:
            chain.end, chain.rows = ids[-1], chain.rows + len(ids)

    def take_guess(
        self, until: int, key: str | None, time: int, *, is_known: bool
    ) -> None:
        """Begin a chain at a guessed transaction. See `Ahead.take_guess`."""
        # Several guesses between two bursts of transactions count as one.
        self.guesses += key not in self._guessed
        if key is None:
            self._floor = max(until, self._floor or until)
            return
        self._guessed.add(key)
        if is_known or any(chain.first == key for chain in self._chains):
            for chain in self._chains:
                if chain.top <= until:
                    chain.bound = max(chain.bound, until)
                    chain.misses += 1
                    return
        elif self._chains and time < self._chains[0].bottom:
            self._insert(Chain(key, key, time, time, until))

    def guess(self, count: int) -> list[int]:
        """Return times that divide the longest gaps between the chains.

        Args:
            count: Maximum number of times.
        """
        gaps = self._gaps() if self._chains and count > 0 else []
        cuts: list[int] = []
        while gaps and len(cuts) < count:
            pages, newest, oldest = gaps.pop(gaps.index(max(gaps)))
            if pages < 2 * _MIN_CHAIN:
                break
            cut = (newest + oldest) // 2
            if oldest < cut < newest:
                cuts.append(cut)
                gaps += [(pages / 2, newest, cut), (pages / 2, cut, oldest)]
        return cuts

    def _insert(self, chain: Chain) -> None:
        self._chains.append(chain)
        self._chains.sort(key=lambda chain: -chain.top)

    def _gaps(self) -> list[tuple[float, int, int]]:
        """Return the gaps below open chains: expected pages, newest and oldest time."""
        chains = self._chains
        covered = sum(chain.top - chain.bottom for chain in chains)
        rows = sum(chain.rows for chain in chains)
        average = rows / (covered or _SECONDS_PER_DAY)
        gaps: list[tuple[float, int, int]] = []
        expected = float(rows)
        for chain, following in pairwise(chains):
            seconds = max(0, chain.bottom - following.bound)
            if chain.is_open and seconds:
                density = chain.density or average
                expected += seconds * min(average, density)
                pages = seconds * max(average, density) / self._size
                pages = min(self._window, pages) / 2**following.misses
                gaps.append((pages, chain.bottom, following.bound))
        pages = self._window - expected / self._size
        if chains[-1].is_open and pages > 0:
            gaps.append(self._last_gap(expected, pages))
        return gaps

    def _last_gap(self, expected: float, pages: float) -> tuple[float, int, int]:
        """Return the gap below the last chain.

        Args:
            expected: Expected number of rows above it.
            pages: Number of pages down to the end of the window.
        """
        last = self._chains[-1]
        average = expected / (self._chains[0].top - last.bottom or _SECONDS_PER_DAY)
        density = last.density or average
        oldest = last.bottom - int(pages * self._size / min(average, density))
        if self._floor is not None and oldest < self._floor:
            oldest = self._floor
            seconds = last.bottom - oldest
            pages = min(pages, seconds * max(average, density) / self._size)
        return pages, last.bottom, oldest
