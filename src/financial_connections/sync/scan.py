"""Decide what a sync reads next and which transactions it hands over. Pure.

A scan lists everything that was touched after the refresh `base`. Its target is the
refresh that had succeeded before the first page was requested. The scan hands over
every page as it comes, and lists a second time before it leads on: a page may have been
older than the account that was just read. What the second pass finds changed is handed
over as well.

The base moves only

* if no refresh can have touched anything since the target was seen. Pages are cut at a
  transaction, and a refresh can
  move that transaction in the list, so the account is read again after passes of several pages;
* to the refresh before the target, whose changes this scan has listed again, at a later
  time. Only the very first scan
  moves it to the target itself.

A position is expendable: it is used only while the target is still the latest refresh.
`docs/explanation/sync.md` gives the argument, and `tests/sync/` proves it by exploring
every world of a small size.
"""

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

from attrs import define, field, frozen

from financial_connections.sync.cursor import Checkpoint

T = TypeVar("T")

_MOST_SCANS = 5
"""Scans that one sync begins when refresh after refresh disturbs them; then it ends,
and the cursor stays.
"""

_MOST_PASSES = 5
"""Passes of one scan, however often they differ."""

_UNCUT_PAGES = 2
"""Pages of a scan whose two passes were single pages, which nothing can have come
between.
"""

_PAGES_BETWEEN_CURSORS = 10
"""Pages without a change after which a batch without transactions saves the position.
"""


@frozen
class ReadAccount:
    """Read the account."""


@frozen
class ReadPage:
    """List a page of the transactions touched after a refresh."""

    after: str | None
    starting_after: str | None


@frozen
class Portion(Generic[T]):
    """Transactions to hand over, and the checkpoint that holds once they are stored."""

    items: list[T]
    checkpoint: Checkpoint


@define
class Scans(Generic[T]):
    """The scans of one sync. Feed it the response to each `request`, until there is
    none.
    """

    checkpoint: Checkpoint
    """The one that was handed over last."""
    request: ReadAccount | ReadPage | None = field(factory=ReadAccount, init=False)
    """The next read; None when the sync is complete."""
    _scan: Checkpoint = field(default=Checkpoint(), init=False)
    """Checkpoint of the current scan, which is ahead of `checkpoint` by the items that
    are held.
    """
    _known: dict[str, Hashable] = field(factory=dict, init=False)
    """The version of each transaction that this sync has read."""
    _held: list[T] = field(factory=list, init=False)
    """The end of a pass, kept until it is known what checkpoint it leads to."""
    _has_begun: bool = field(default=False, init=False)
    _pages: int = field(default=0, init=False)
    """Pages of the current scan."""
    _silent: int = field(default=0, init=False)
    """Pages since the last portion."""
    _scans: int = field(default=0, init=False)
    _passes: int = field(default=0, init=False)
    """Passes of the current scan."""
    _passes_differ: bool = field(default=False, init=False)
    """True if the current pass has another version of a transaction than the pass
    before.
    """

    def take_account(self, succeeded: str | None) -> list[Portion[T]]:
        """Take the response to `ReadAccount`.

        Args:
            succeeded: The latest refresh if it has succeeded; None if it is pending, has failed, or is unknown.

        """
        if self._has_begun:
            return self._judge(succeeded)
        self._has_begun = True
        start = self.checkpoint
        if (
            start.target is None
            and start.position is None
            and succeeded is not None
            and succeeded == start.seen
        ):
            self.request = None
        elif start.target is not None and start.target == succeeded:
            self._resume(start)
        else:
            # The base is older than what was seen: an account that shows it is out of
            # date, and no target.
            self._resume(start.begin(None if succeeded == start.base else succeeded))
        return []

    def take_page(
        self,
        items: Mapping[str, tuple[Hashable, T]],
        last: str | None,
        *,
        has_more: bool,
    ) -> list[Portion[T]]:
        """Take the response to `ReadPage`.

        Args:
            items: The transactions by ID, each with its version.
            last: ID of the transaction that the page ends with; None if it is empty.
            has_more: True if the pass is not over.

        """
        changed: list[T] = []
        for key, (version, item) in items.items():
            known = self._known.get(key)
            if known != version:
                self._known[key] = version
                self._passes_differ |= known is not None
                changed.append(item)
        self._pages += 1
        self._silent += 1
        before, scan = self._scan, self._scan
        if has_more:
            self._go(scan.at(last))
            if changed or self._silent >= _PAGES_BETWEEN_CURSORS:
                return [*self._release(before), self._portion(changed, self._scan)]
            return []
        portions = self._release(before) if changed else []
        self._held = self._held or changed
        return [*portions, *self._end_pass(scan)]

    def begin_again(self) -> bool:
        """Begin the scan again because its position is of no use any more: unknown to
        the API, or moved by a refresh.

        Returns:
            False if the scan has no position yet, or if it has begun again too often.

        """
        if self._scan.position is None or self._scans >= _MOST_SCANS:
            return False
        self._resume(self._scan.begin(self._scan.target))
        return True

    def _end_pass(self, scan: Checkpoint) -> list[Portion[T]]:
        if scan.target is None or (
            self._passes_differ and self._passes >= _MOST_PASSES
        ):
            return self._finish(scan.abandoned())
        if self._passes_differ or not scan.has_passed:
            # Of two versions one is older than the other, and only a further pass can
            # tell which.
            self._begin_pass(scan.second_pass())
            return []
        if self._pages > _UNCUT_PAGES:
            self.request = ReadAccount()
            return []
        return self._finish(scan.completed())

    def _judge(self, succeeded: str | None) -> list[Portion[T]]:
        """End the scan, or begin another one if a refresh has touched anything since it
        began.
        """
        if succeeded == self._scan.target:
            return self._finish(self._scan.completed())
        if succeeded is None or self._scans >= _MOST_SCANS:
            return self._finish(self._scan.abandoned())
        self._resume(self._scan.begin(succeeded))
        return []

    def _resume(self, scan: Checkpoint) -> None:
        self._scans += 1
        self._passes = 0
        # A pass that is resumed was cut at a transaction.
        self._pages = (
            _UNCUT_PAGES if scan.position is not None or scan.has_passed else 0
        )
        self._begin_pass(scan)

    def _begin_pass(self, scan: Checkpoint) -> None:
        self._passes += 1
        self._passes_differ = False
        self._go(scan)

    def _go(self, scan: Checkpoint) -> None:
        self._scan = scan
        self.request = ReadPage(scan.base, scan.position)

    def _release(self, checkpoint: Checkpoint) -> list[Portion[T]]:
        held, self._held = self._held, []
        return [self._portion(held, checkpoint)] if held else []

    def _finish(self, checkpoint: Checkpoint) -> list[Portion[T]]:
        self.request = None
        held, self._held = self._held, []
        return (
            [self._portion(held, checkpoint)]
            if held or checkpoint != self.checkpoint
            else []
        )

    def _portion(self, items: list[T], checkpoint: Checkpoint) -> Portion[T]:
        self._silent = 0
        self.checkpoint = checkpoint
        return Portion(items, checkpoint)
