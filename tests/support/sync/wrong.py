"""Algorithms that look right and lose transactions. The exploration must find out how."""

from attrs import define, evolve, field

from financial_connections.sync.cursor import Checkpoint
from financial_connections.sync.scan import Portion, ReadAccount, ReadPage, Scans


@define
class Walks:
    """The algorithm of version 0.1: a walk from a base to a target, continued wherever
    it was left.
    """

    checkpoint: Checkpoint
    request: object = field(factory=ReadAccount, init=False)
    _walks: tuple = field(default=(), init=False)
    _known: dict = field(factory=dict, init=False)
    _held: list = field(factory=list, init=False)
    _pages: int = field(default=0, init=False)

    def take_account(self, succeeded):
        place = self.checkpoint
        if succeeded is not None and succeeded == place.base and place.position is None:
            self._walks = ()
        elif place.position is None or (place.target is None and succeeded is not None):
            self._walks = (Checkpoint(place.base, None, succeeded),)
        elif place.target is not None and place.target == succeeded:
            self._walks = (place,)
        else:
            self._walks = (
                place,
                Checkpoint(place.target or place.base, None, succeeded),
            )
        self._next()
        return []

    def take_page(self, items, last, *, has_more):
        walk, *others = self._walks
        if has_more:
            place = walk.at_position(last)
            self._walks = (place, *others)
        else:
            place = Checkpoint(walk.target or walk.base)
            self._walks = tuple(others)
        self._next()
        if not items and place == self.checkpoint:
            return []
        self.checkpoint = place
        return [Portion([item for _, item in items.values()], place)]

    def restart(self):
        return False

    def _next(self):
        self.request = (
            ReadPage(self._walks[0].base, self._walks[0].position)
            if self._walks
            else None
        )


class OnePass(Scans):
    """Trusts that a list is as new as the account that was read before it."""

    def take_page(self, items, last, *, has_more):
        self._scan = evolve(self._scan, is_repeated=True)
        return super().take_page(items, last, has_more=has_more)


class NoSecondLook(Scans):
    """Trusts that nothing touches a transaction while its pages are read."""

    def take_page(self, items, last, *, has_more):
        self._pages = 0
        return super().take_page(items, last, has_more=has_more)


class MovesAtOnce(Scans):
    """Moves the base to the refresh that it has just covered."""

    def _finish(self, checkpoint):
        if checkpoint == self._scan.completed():
            checkpoint = Checkpoint(checkpoint.covered, checkpoint.covered)
        return super()._finish(checkpoint)


class EitherVersion(Scans):
    """Takes the later of two reads for the newer version of a transaction."""

    def take_page(self, items, last, *, has_more):
        known, self._known = self._known, {}
        for key, (version, _) in items.items():
            if known.get(key) == version:
                self._known[key] = version
        portions = super().take_page(items, last, has_more=has_more)
        self._known = known | self._known
        return portions
