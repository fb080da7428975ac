"""Detect a list that leads back to an earlier page. Pure."""

from attrs import frozen


@frozen
class Trail:
    """Two of the cursors that an iteration has passed: the latest and a milestone.

    Comparing each new cursor with them finds every loop (Brent's algorithm). The
    milestone moves forward after 1, 2, 4, 8, … pages, so it is eventually inside the
    loop and stays there for a whole round. This needs neither a set of all cursors,
    which would grow with the list, nor state that pages share.
    """

    latest: str | None
    milestone: str | None
    distance: int = 0
    """Number of pages since the milestone."""
    lifetime: int = 1
    """Number of pages after which the milestone moves."""

    @classmethod
    def beginning_at(cls, cursor: str | None) -> "Trail":
        """Return the trail of an iteration that starts at a cursor."""
        return cls(cursor, cursor)

    def has_passed(self, cursor: str | None) -> bool:
        """Return True if the iteration is known to have passed this cursor."""
        return cursor in {self.latest, self.milestone}

    def extended(self, cursor: str | None) -> "Trail":
        """Return the state of loop detection after another page."""
        distance = self.distance + 1
        if distance < self.lifetime:
            return Trail(cursor, self.milestone, distance, self.lifetime)
        return Trail(cursor, cursor, 0, 2 * self.lifetime)
