"""Decide what a sync reads next and which transactions it returns. Pure.

A scan lists everything that was touched after the refresh `base`. Its target is the
latest refresh that had succeeded before the first page was requested. A scan returns
the transactions of each page immediately, and then lists everything a second time,
because a page can be older than the account that was read before it. Transactions that
differ in the second pass are returned as well.

The base advances only

* if no refresh can have touched anything since the target was read. Because a refresh
  can move the transaction at which a page ends, the account is read again if a pass had
  several pages. The very first scan reads it twice, because one response can be out of
  date;
* to the refresh before the target, whose changes two successive scans have now listed.
  Only the very first scan advances the base to the target itself.

A position is only an optimization: it is used only while the target is still the latest
refresh. `docs/explanation/sync.md` explains why this is enough, and `tests/sync/`
verifies it by exploring every state of small worlds.
"""

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

from attrs import define, field, frozen

from financial_connections.sync.cursor import Checkpoint

T = TypeVar("T")

_MAX_SCANS = 5
"""Maximum number of scans in one sync. If refreshes disturb all of them, the sync ends
without advancing the base.
"""

_MAX_PASSES = 5
"""Maximum number of passes in one scan, even if the last two still differ."""

_PAGES_OF_SHORT_SCAN = 2
"""Number of pages in a scan whose two passes have one page each. In such a scan, no
transaction can have moved between pages.
"""

_PAGES_BETWEEN_CURSORS = 10
"""Number of pages without changes after which an empty batch saves the position."""


@frozen
class ReadAccount:
    """A request to read the account."""


@frozen
class ReadPage:
    """A request for a page of transactions that were touched after a refresh."""

    after: str | None
    starting_after: str | None


@frozen
class Portion(Generic[T]):
    """Transactions to return, and the checkpoint that is valid once they are stored."""

    items: list[T]
    checkpoint: Checkpoint


@define
class Scans(Generic[T]):
    """The scans of one sync.

    Pass the response to each `request` to `take_account` or `take_page`, until
    `request` is None.
    """

    checkpoint: Checkpoint
    """The checkpoint of the latest portion."""
    request: ReadAccount | ReadPage | None = field(factory=ReadAccount, init=False)
    """The next request; None once the sync is complete."""
    _scan: Checkpoint = field(default=Checkpoint(), init=False)
    """Checkpoint of the current scan, ahead of `checkpoint` by the items in `_held`."""
    _known: dict[str, Hashable] = field(factory=dict, init=False)
    """The latest known version of each transaction that this sync has read, by ID."""
    _held: list[T] = field(factory=list, init=False)
    """The last page of a pass, held back until its checkpoint is known."""
    _has_begun: bool = field(default=False, init=False)
    _pages: int = field(default=0, init=False)
    """Number of pages in the current scan."""
    _pages_since_portion: int = field(default=0, init=False)
    _scans: int = field(default=0, init=False)
    _passes: int = field(default=0, init=False)
    """Number of passes in the current scan."""
    _passes_differ: bool = field(default=False, init=False)
    """True if a transaction has changed since an earlier pass."""
    _is_confirmed: bool = field(default=False, init=False)
    """True if the account has shown the target again after the last pass."""

    def take_account(self, succeeded: str | None) -> list[Portion[T]]:
        """Process the response to `ReadAccount`.

        Args:
            succeeded: The latest refresh if it has succeeded; None if it is pending,
                has failed, or is unknown.
        """
        if self._has_begun:
            return self._end_scan(succeeded)
        self._has_begun = True
        start = self.checkpoint
        if (
            start.target is None
            and start.position is None
            and succeeded is not None
            and succeeded == start.covered
        ):
            self.request = None
        elif start.target is not None and start.target == succeeded:
            self._begin_scan(start)
        else:
            # A later refresh than the base is covered already. An account that still
            # shows the base is out of date, so it cannot be the target.
            target = None if succeeded == start.base else succeeded
            self._begin_scan(start.new_scan(target))
        return []

    def take_page(
        self,
        items: Mapping[str, tuple[Hashable, T]],
        last: str | None,
        *,
        has_more: bool,
    ) -> list[Portion[T]]:
        """Process the response to `ReadPage`.

        Args:
            items: The transactions by ID, each with its version.
            last: ID of the last transaction on the page; None if the page is empty.
            has_more: True if the pass continues on another page.
        """
        changed: list[T] = []
        for key, (version, item) in items.items():
            known = self._known.get(key)
            if known != version:
                self._known[key] = version
                self._passes_differ |= known is not None
                changed.append(item)
        self._pages += 1
        self._pages_since_portion += 1
        before, scan = self._scan, self._scan
        if has_more:
            self._read_page(scan.at_position(last))
            if changed or self._pages_since_portion >= _PAGES_BETWEEN_CURSORS:
                return [*self._release(before), self._portion(changed, self._scan)]
            return []
        portions = self._release(before) if changed else []
        self._held = self._held or changed
        return [*portions, *self._end_pass(scan)]

    def restart(self) -> bool:
        """Restart the scan because its position is no longer usable.

        Either the API no longer knows the position, or a refresh has moved it.

        Returns:
            False if the scan has no position yet, or if there were too many scans.
        """
        if self._scan.position is None or self._scans >= _MAX_SCANS:
            return False
        self._begin_scan(self._scan.new_scan(self._scan.target))
        return True

    def _end_pass(self, scan: Checkpoint) -> list[Portion[T]]:
        if scan.target is None or (self._passes_differ and self._passes >= _MAX_PASSES):
            return self._finish(scan.abandoned())
        if self._passes_differ or not scan.is_repeated:
            # If a transaction was returned in two versions, one of them is out of date,
            # and only another pass can show which.
            self._begin_pass(scan.next_pass())
            return []
        if self._pages > _PAGES_OF_SHORT_SCAN:
            self.request = ReadAccount()
            return []
        return self._finish(scan.completed())

    def _end_scan(self, succeeded: str | None) -> list[Portion[T]]:
        """Finish, or scan again if a refresh has succeeded since the scan began."""
        if succeeded == self._scan.target:
            # No later scan lists the changes of the first target again.
            if self._scan.base is None and not self._is_confirmed:
                self._is_confirmed = True
                return []
            return self._finish(self._scan.completed())
        if succeeded is None or self._scans >= _MAX_SCANS:
            return self._finish(self._scan.abandoned())
        self._begin_scan(self._scan.new_scan(succeeded))
        return []

    def _begin_scan(self, scan: Checkpoint) -> None:
        self._scans += 1
        self._passes = 0
        self._is_confirmed = False
        # A scan that is resumed halfway has more than one page in a pass.
        is_resumed = scan.position is not None or scan.is_repeated
        self._pages = _PAGES_OF_SHORT_SCAN if is_resumed else 0
        self._begin_pass(scan)

    def _begin_pass(self, scan: Checkpoint) -> None:
        self._passes += 1
        self._passes_differ = False
        self._read_page(scan)

    def _read_page(self, scan: Checkpoint) -> None:
        self._scan = scan
        self.request = ReadPage(scan.base, scan.position)

    def _release(self, checkpoint: Checkpoint) -> list[Portion[T]]:
        held, self._held = self._held, []
        return [self._portion(held, checkpoint)] if held else []

    def _finish(self, checkpoint: Checkpoint) -> list[Portion[T]]:
        self.request = None
        held, self._held = self._held, []
        if held or checkpoint != self.checkpoint:
            return [self._portion(held, checkpoint)]
        return []

    def _portion(self, items: list[T], checkpoint: Checkpoint) -> Portion[T]:
        self._pages_since_portion = 0
        self.checkpoint = checkpoint
        return Portion(items, checkpoint)
