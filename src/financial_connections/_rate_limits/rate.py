"""A rate that adapts to 429 responses. Pure: the caller provides the time.

The rate is enforced by a token bucket. As in TCP's congestion control, a 429 multiplies
the rate by a factor below 1, after which it grows again: quickly up to the rate at
which the 429 came, and then faster and faster until the next 429. The factors were
found by simulation, against token buckets and sliding windows, with one client and with
several that share a limit.
"""

import math

from attrs import define, field

BURST = 0.4
"""Seconds' worth of requests that may be sent at once after a pause. Several clients
that start together share a limit, so it is less than Stripe's own second.
"""
DECREASE = 0.75
"""Factor after a 429."""
RECOVERY = 0.2
"""Growth per second, as a fraction, below the rate at which the last 429 came."""
PROBING = 0.3
"""Increase per second of the growth above that rate, which is 0 in the first second
after a 429.
"""
MAX_PROBING = 0.5
"""Maximum growth per second, as a fraction."""
UTILIZATION = 0.7
"""Part of the rate that must be in use for it to grow, as an unused rate is untested.
"""
QUIET = 30.0
"""Seconds without a 429 after which a lowered rate is forgotten. If the rate was in
use, it has long grown above the documented one by then.
"""
MIN_RATE = 0.25
"""Lowest rate, in requests per second."""

_ROUNDING = 1e-9


@define
class AdaptiveRate:
    """A rate in requests per second, and the tokens that it has released."""

    documented: float
    """Rate that is documented for the limit, in requests per second."""
    rate: float = field(default=math.inf, kw_only=True)
    """Current rate, in requests per second; infinity until the first 429."""
    paused_until: float = field(default=-math.inf, init=False)
    """Time before which no request may be sent."""
    _tokens: float = field(default=math.inf, init=False)
    _updated_at: float = field(default=-math.inf, init=False)
    _grown_at: float = field(default=-math.inf, init=False)
    _measured: float = field(default=0.0, init=False)
    """Exponential moving average of the requests per second."""
    _decreased_at: float = field(default=-math.inf, init=False)
    _quiet_since: float = field(default=math.inf, init=False)
    """Time of the first request or the last 429."""
    _peak: float = field(default=0.0, init=False)
    """Rate at which the last 429 came."""

    def ready_at(self, now: float) -> float:
        """Return the time at which a token is available: `now` or later.

        Args:
            now: Current time in seconds, by any clock.
        """
        self._refill(now)
        ready_at = now
        if self._tokens < 1 - _ROUNDING:
            ready_at = max(now, self._updated_at) + (1 - self._tokens) / self.rate
        return max(ready_at, self.paused_until)

    def has_room(self, now: float) -> bool:
        """Return whether two tokens are available.

        Args:
            now: Current time.
        """
        self._refill(now)
        return self._tokens >= 2 - _ROUNDING and now >= self.paused_until

    def take(self, now: float) -> bool:
        """Take a token, and return whether there was one.

        Args:
            now: Current time.
        """
        self._refill(now)
        if self._tokens < 1 - _ROUNDING or now < self.paused_until:
            return False
        self._tokens -= 1
        self._measured += 1
        return True

    def put_back(self) -> None:
        """Return a token that was not used."""
        self._tokens += 1
        self._measured = max(0.0, self._measured - 1)

    def increase(self, *, sent_at: float) -> None:
        """Raise the rate after a request has passed the limit, if the rate is in use.

        Args:
            sent_at: Time at which the request was sent.
        """
        elapsed = sent_at - self._grown_at
        if elapsed <= 0 or sent_at < self._decreased_at:
            return
        self._grown_at = sent_at
        self._quiet_since = min(self._quiet_since, sent_at)
        if UTILIZATION * self.rate <= self._measured:
            self.rate += self.rate * self._growth(sent_at) * min(elapsed, 1.0)

    def decrease(self, now: float, *, sent_at: float, pause: float) -> bool:
        """Lower the rate after a 429.

        Args:
            now: Current time.
            sent_at: Time at which the rejected request was sent.
            pause: Seconds during which no request may be sent.

        Returns:
            False if the rate has been lowered since the request was sent.
        """
        if sent_at < self._decreased_at:
            return False
        self._refill(now)
        if math.isinf(self.rate):
            self._peak = self.rate = self.documented
        else:
            self._peak = min(self.rate, max(self._measured, MIN_RATE))
            self.rate = max(MIN_RATE, DECREASE * self._peak)
        self._tokens = 0.0
        self._decreased_at = self._quiet_since = now
        self.paused_until = max(self.paused_until, now + pause)
        return True

    def _refill(self, now: float) -> None:
        elapsed = now - self._updated_at
        if elapsed <= 0:
            return
        self._updated_at = now
        self._measured *= math.exp(-elapsed)
        if self.rate == math.inf:
            return
        if self.rate < self.documented:
            quiet_since = max(self._quiet_since, self.paused_until)
            if now - quiet_since > QUIET:
                self.rate = self.documented
        capacity = max(1.0, BURST * self.rate)
        self._tokens = min(capacity, self._tokens + elapsed * self.rate)

    def _growth(self, now: float) -> float:
        if self.rate < self._peak:
            return RECOVERY
        seconds = max(0.0, now - self._quiet_since - 1)
        return min(MAX_PROBING, PROBING * seconds)
