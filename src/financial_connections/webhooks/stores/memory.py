"""The default event store, which keeps events in the memory of one process."""

import time
from collections.abc import Callable

from financial_connections._checks import whole_number
from financial_connections.webhooks.stores.tokens import ClaimTokens


class RecentEvents:
    """An event store in memory, for a single process.

    It is empty after a restart, so an event handled before the restart is handled again
    if Stripe delivers it again.

    Args:
        capacity: Number of handled events to remember. The oldest are forgotten first.
        clock: Returns the current time, in seconds since the epoch.

    Raises:
        ConfigurationError: `capacity` is not a positive integer.
    """

    def __init__(
        self, capacity: int = 10_000, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._capacity = whole_number("capacity", capacity, at_least=1)
        self._clock = clock
        self._tokens = ClaimTokens()
        self._confirmed: dict[str, None] = {}
        self._claims: dict[str, tuple[str, float]] = {}

    async def claim(self, event_id: str, until: float) -> bool:
        """Claim an event: see `EventStore.claim`.

        Args:
            event_id: ID of the event (`evt_…`).
            until: Time at which the claim expires, in seconds since the epoch.

        Returns:
            False if the event is confirmed or claimed by another task.
        """
        self._expire()
        if event_id in self._confirmed or event_id in self._claims:
            return False
        token = self._tokens.new()
        self._claims[event_id] = token, until
        self._tokens.keep(event_id, token)
        return True

    async def confirm(self, event_id: str) -> None:
        """Record that an event was handled, unless another task has claimed it since.

        Args:
            event_id: ID of the event (`evt_…`).
        """
        token = self._tokens.pop(event_id)
        self._expire()
        owner, _ = self._claims.get(event_id, (token, 0.0))
        if owner != token:
            return
        self._claims.pop(event_id, None)
        self._confirmed[event_id] = None
        while len(self._confirmed) > self._capacity:
            del self._confirmed[next(iter(self._confirmed))]

    async def release(self, event_id: str) -> None:
        """Give up the caller's claim: see `EventStore.release`.

        Args:
            event_id: ID of the event (`evt_…`).
        """
        token = self._tokens.pop(event_id)
        owner, _ = self._claims.get(event_id, ("", 0.0))
        if owner and owner == token:
            del self._claims[event_id]

    async def is_confirmed(self, event_id: str) -> bool:
        """Return True if the event is among the latest `capacity` handled events.

        Args:
            event_id: ID of the event (`evt_…`).
        """
        return event_id in self._confirmed

    def _expire(self) -> None:
        now = self._clock()
        for event_id in [
            event_id for event_id, (_, until) in self._claims.items() if until <= now
        ]:
            del self._claims[event_id]
