"""The event store interface, and the checks that an endpoint runs on its store."""

from typing import Any, Protocol, runtime_checkable

from financial_connections._checks import is_async_callable
from financial_connections.errors import ConfigurationError

RETENTION = 7 * 86_400.0
"""Default number of seconds to remember a handled event.

Stripe retries a delivery for up to three days.
"""

_METHODS = ("claim", "confirm", "release")


class EventStore(Protocol):
    """A record of handled events, shared by all workers that receive them.

    An event is free, claimed or confirmed. Only the worker whose claim succeeded calls
    the handler. The claim ends when it is confirmed or released, or when it expires
    because the worker crashed.

    Each method must be atomic: if two workers claim an event at the same time, exactly
    one of them must get True.
    """

    async def claim(self, event_id: str, until: float) -> bool:
        """Claim an event before it is handled.

        Args:
            event_id: ID of the event (`evt_…`).
            until: Time at which the claim expires, in seconds since the epoch.

        Returns:
            True if the caller owns the event until that time. False if the event is
            confirmed, or if another worker's claim has not expired.
        """
        ...

    async def confirm(self, event_id: str) -> None:
        """Record that a claimed event was handled, so that it cannot be claimed again.

        Must not affect a claim that another worker made after the caller's own claim
        expired.

        Args:
            event_id: ID of the event (`evt_…`).
        """
        ...

    async def release(self, event_id: str) -> None:
        """Give up a claim because the handler failed, so that the event can be retried.

        Must not affect a claim that another worker made after the caller's own claim
        expired.

        Args:
            event_id: ID of the event (`evt_…`).
        """
        ...


@runtime_checkable
class QueryableEventStore(EventStore, Protocol):
    """An `EventStore` that can tell handled events from those still being handled.

    `claim` returns False in both cases. An endpoint uses `is_confirmed` to acknowledge
    repeated deliveries of events that other workers have handled. Without it, Stripe
    keeps delivering them.
    """

    async def is_confirmed(self, event_id: str) -> bool:
        """Return True if the event was handled.

        Args:
            event_id: ID of the event (`evt_…`).
        """
        ...


def store_from(value: Any) -> EventStore:
    """Return the value if it is an event store.

    Args:
        value: The value to check.

    Raises:
        ConfigurationError: A method is missing or is not async.
    """
    missing = [name for name in _METHODS if not callable(getattr(value, name, None))]
    if (
        len(missing) == len(_METHODS)
        and hasattr(value, "seen")
        and hasattr(value, "add")
    ):
        raise ConfigurationError(
            "store has the methods seen and add, which cannot be atomic: implement "
            "claim(event_id, until) -> bool, confirm(event_id) and release(event_id) "
            "instead, or use SQLiteEventStore"
        )
    if missing:
        raise ConfigurationError(
            f"store must be an EventStore: it has no method {missing[0]}"
        )
    optional = [name for name in ("is_confirmed",) if hasattr(value, name)]
    for name in [*_METHODS, *optional]:
        if not is_async_callable(getattr(value, name)):
            raise ConfigurationError(
                f"store.{name} must be an async function (async def)"
            )
    store: EventStore = value
    return store
