"""A limit on concurrent requests that adapts to 429 responses. Pure."""

import math

from attrs import define, field

DECREASE = 0.75
"""Factor after a 429."""


@define
class AdaptiveConcurrency:
    """A limit on concurrent requests, and the number of running ones."""

    limit: float = field(default=math.inf, init=False)
    """Maximum number of running requests; infinity until the first 429."""
    running: int = field(default=0, init=False)
    """Number of running requests."""
    _decreased_at: float = field(default=-math.inf, init=False)

    @property
    def is_full(self) -> bool:
        """True if no other request may start."""
        return self.running + 1 > self.limit

    def succeed(self) -> None:
        """Raise the limit after a running request has succeeded, if it is in use."""
        if self.is_full:
            self.limit += 1 / self.limit

    def decrease(self, now: float, *, sent_at: float, running: int) -> bool:
        """Lower the limit after a running request was rejected with a 429.

        Args:
            now: Current time.
            sent_at: Time at which the rejected request was sent.
            running: Number of requests that were running then.

        Returns:
            False if the limit has been lowered since the request was sent.
        """
        if sent_at < self._decreased_at:
            return False
        self.limit = max(1.0, DECREASE * min(self.limit, max(self.running, running)))
        self._decreased_at = now
        return True
