"""The default event store: the memory of one process."""

import time
from collections.abc import Callable

from financial_connections._settings import whole_number
from financial_connections.webhooks.stores.owners import Owners


class RecentEvents:
    """An event store in memory, for a single process.

    It is empty after a restart. Events that were handled before are then handled again
    if Stripe repeats them.

    Args:
        capacity: Number of handled events to remember; the oldest are forgotten first.
        clock: Returns the time in seconds since the epoch.

    Raises:
        ConfigurationError: `capacity` is not a whole number of at least 1.

    """

    def __init__(
        self, capacity: int = 10_000, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._capacity = whole_number("capacity", capacity, at_least=1)
        self._clock = clock
        self._owners = Owners()
        self._confirmed: dict[str, None] = {}
        self._claims: dict[str, tuple[str, float]] = {}

    async def claim(self, event_id: str, until: float) -> bool:
        """Claim an event, unless it is confirmed or claimed. See `EventStore.claim`."""
        self._expire()
        if event_id in self._confirmed or event_id in self._claims:
            return False
        token = self._owners.new()
        self._claims[event_id] = token, until
        self._owners.keep(event_id, token)
        return True

    async def confirm(self, event_id: str) -> None:
        """Record that an event was handled, unless another task has claimed it since."""
        token = self._owners.take(event_id)
        self._expire()
        holder, _ = self._claims.get(event_id, (token, 0.0))
        if holder != token:
            return
        self._claims.pop(event_id, None)
        self._confirmed[event_id] = None
        while len(self._confirmed) > self._capacity:
            del self._confirmed[next(iter(self._confirmed))]

    async def release(self, event_id: str) -> None:
        """Give up the caller's claim. See `EventStore.release`."""
        token = self._owners.take(event_id)
        holder, _ = self._claims.get(event_id, ("", 0.0))
        if holder and holder == token:
            del self._claims[event_id]

    async def is_confirmed(self, event_id: str) -> bool:
        """Return True if the event was handled and is among the latest `capacity`
        events.
        """
        return event_id in self._confirmed

    def _expire(self) -> None:
        now = self._clock()
        for event_id in [
            event_id for event_id, (_, until) in self._claims.items() if until <= now
        ]:
            del self._claims[event_id]
