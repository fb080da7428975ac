"""Call the handler once for each event, even if it is delivered several times."""

from collections.abc import Awaitable, Callable
from functools import partial

import anyio
from attrs import field, frozen

from financial_connections._events import Event
from financial_connections.webhooks.cancellation import complete, shield
from financial_connections.webhooks.stores import EventStore, QueryableEventStore

Handler = Callable[[Event], Awaitable[object]]
"""An async function to call with each event."""

_MAX_CONFIRMED = 10_000


@frozen(kw_only=True, eq=False)
class Dispatcher:
    """Calls a handler, and uses a store to avoid handling an event twice."""

    handler: Handler
    store: EventStore
    claim_timeout: float
    clock: Callable[[], float]
    _in_progress: dict[str, anyio.Event] = field(factory=dict, init=False, repr=False)
    """Events that this process is handling, by ID."""
    _confirmed: dict[str, None] = field(factory=dict, init=False, repr=False)
    """Events recently confirmed by this process, for stores that cannot be queried."""

    async def dispatch(self, event: Event) -> bool:
        """Handle an event unless it was handled before.

        Args:
            event: The event. An event without an ID is always handled.

        Returns:
            True if the event has been handled; False if another worker is handling it.
        """
        if not event.id:
            await self.handler(event)
            return True
        while event.id in self._in_progress:
            await self._in_progress[event.id].wait()
        done = self._in_progress[event.id] = anyio.Event()
        try:
            return await self._claim_and_handle(event.id, event)
        finally:
            del self._in_progress[event.id]
            done.set()

    async def _claim_and_handle(self, event_id: str, event: Event) -> bool:
        # Run to completion, because a cancelled claim may have succeeded and would then
        # block the event until it expires.
        is_claimed, cancellation = await complete(
            partial(self.store.claim, event_id, self.clock() + self.claim_timeout)
        )
        if not is_claimed:
            _raise(cancellation)
            return await self._is_confirmed(event_id)
        try:
            _raise(cancellation)
            await self.handler(event)
        except BaseException as error:
            await self._release(event_id, error)
            raise
        # Confirmed only after the handler has returned, because an event confirmed
        # earlier would be lost if the process crashed.
        _, cancellation = await complete(partial(self.store.confirm, event_id))
        self._remember(event_id)
        _raise(cancellation)
        return True

    async def _is_confirmed(self, event_id: str) -> bool:
        if isinstance(self.store, QueryableEventStore):
            return await shield(partial(self.store.is_confirmed, event_id))
        return event_id in self._confirmed

    async def _release(self, event_id: str, error: BaseException) -> None:
        try:
            # A cancellation received meanwhile is dropped, because `error` is raised.
            await complete(partial(self.store.release, event_id))
        except Exception as failure:  # noqa: BLE001 - `error` must not be replaced
            error.add_note(
                f"The claim on {event_id} could not be released "
                f"({type(failure).__name__}); it will expire."
            )

    def _remember(self, event_id: str) -> None:
        if isinstance(self.store, QueryableEventStore):
            return
        self._confirmed[event_id] = None
        while len(self._confirmed) > _MAX_CONFIRMED:
            del self._confirmed[next(iter(self._confirmed))]


def _raise(cancellation: BaseException | None) -> None:
    if cancellation is not None:
        raise cancellation
