"""Plausible but wrong algorithms: the exploration must find the lost transactions."""

from attrs import define, evolve, field

from financial_connections.sync.cursor import Checkpoint
from financial_connections.sync.scan import Portion, ReadAccount, ReadPage, Scans


@define
class FirstDraft:
    """The first algorithm: one pass from base to target, resumed at any position."""

    checkpoint: Checkpoint
    request: object = field(factory=ReadAccount, init=False)
    _scans: tuple = field(default=(), init=False)
    _known: dict = field(factory=dict, init=False)
    _held: list = field(factory=list, init=False)
    _pages: int = field(default=0, init=False)

    def take_account(self, succeeded):
        checkpoint = self.checkpoint
        if (
            succeeded is not None
            and succeeded == checkpoint.base
            and checkpoint.position is None
        ):
            self._scans = ()
        elif checkpoint.position is None or (
            checkpoint.target is None and succeeded is not None
        ):
            self._scans = (Checkpoint(checkpoint.base, None, succeeded),)
        elif checkpoint.target is not None and checkpoint.target == succeeded:
            self._scans = (checkpoint,)
        else:
            self._scans = (
                checkpoint,
                Checkpoint(checkpoint.target or checkpoint.base, None, succeeded),
            )
        self._next()
        return []

    def take_page(self, items, last, *, has_more):
        scan, *others = self._scans
        if has_more:
            checkpoint = scan.at_position(last)
            self._scans = (checkpoint, *others)
        else:
            checkpoint = Checkpoint(scan.target or scan.base)
            self._scans = tuple(others)
        self._next()
        if not items and checkpoint == self.checkpoint:
            return []
        self.checkpoint = checkpoint
        return [Portion([item for _, item in items.values()], checkpoint)]

    def restart(self):
        return False

    def _next(self):
        self.request = (
            ReadPage(self._scans[0].base, self._scans[0].position)
            if self._scans
            else None
        )


class OnePass(Scans):
    """Assumes that a list is as recent as the account read before it."""

    def take_page(self, items, last, *, has_more):
        self._scan = evolve(self._scan, is_repeated=True)
        return super().take_page(items, last, has_more=has_more)


class NoAccountCheck(Scans):
    """Assumes that no transaction changes while the pages are read."""

    def take_page(self, items, last, *, has_more):
        self._pages = 0
        return super().take_page(items, last, has_more=has_more)


class OneAccountCheck(Scans):
    """Assumes that the account is up to date when it is read after the last page."""

    def take_account(self, succeeded):
        self._is_confirmed = True
        return super().take_account(succeeded)


class EarlyBase(Scans):
    """Advances the base to the refresh that was just covered."""

    def _finish(self, checkpoint):
        if checkpoint == self._scan.completed():
            checkpoint = Checkpoint(checkpoint.covered, checkpoint.covered)
        return super()._finish(checkpoint)


class EitherVersion(Scans):
    """Assumes that a later response contains the newer version of a transaction."""

    def take_page(self, items, last, *, has_more):
        known, self._known = self._known, {}
        for key, (version, _) in items.items():
            if known.get(key) == version:
                self._known[key] = version
        portions = super().take_page(items, last, has_more=has_more)
        self._known = known | self._known
        return portions
