"""Handle each event once, however many deliveries and workers there are."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from attrs import field, frozen

from financial_connections.webhooks.events import AccountEvent, UnknownEvent
from financial_connections.webhooks.stores import EventStore, QueryableEventStore

Handler = Callable[[AccountEvent | UnknownEvent], Awaitable[object]]
"""The async function that is called with each event."""

_Result = TypeVar("_Result")
_STORE_SECONDS = 10.0
_REMEMBERED = 10_000


@frozen(kw_only=True, eq=False)
class Once:
    """Claim an event, call the handler, and confirm or release the claim."""

    handler: Handler
    store: EventStore
    claim_timeout: float
    clock: Callable[[], float]
    _running: dict[str, anyio.Event] = field(factory=dict, init=False, repr=False)
    """Events that this process is handling, by ID."""
    _confirmed: dict[str, None] = field(factory=dict, init=False, repr=False)
    """Latest events that this process confirmed, for a store that cannot be queried."""

    async def handle(self, event: AccountEvent | UnknownEvent) -> bool:
        """Return True once the event is handled, and False if another worker is handling it."""
        if not event.id:
            await self.handler(event)
            return True
        while event.id in self._running:
            await self._running[event.id].wait()
        done = self._running[event.id] = anyio.Event()
        try:
            return await self._claim_and_handle(event.id, event)
        finally:
            del self._running[event.id]
            done.set()

    async def _claim_and_handle(self, event_id: str, event: AccountEvent | UnknownEvent) -> bool:
        # Shielded: a cancelled claim might have succeeded, and would block the event until it expires.
        if not await _shielded(self.store.claim(event_id, self.clock() + self.claim_timeout)):
            return await self._is_confirmed(event_id)
        try:
            await self.handler(event)
        except BaseException as error:
            await self._release(event_id, error)
            raise
        # Only now: if the process had crashed in between, an event confirmed before would be lost.
        await _shielded(self.store.confirm(event_id))
        self._remember(event_id)
        return True

    async def _is_confirmed(self, event_id: str) -> bool:
        if isinstance(self.store, QueryableEventStore):
            return await _shielded(self.store.is_confirmed(event_id))
        return event_id in self._confirmed

    async def _release(self, event_id: str, error: BaseException) -> None:
        try:
            await _shielded(self.store.release(event_id))
        except Exception as failure:  # noqa: BLE001  # the handler's error is what matters; the claim expires
            error.add_note(f"The claim of {event_id} could not be released ({type(failure).__name__}); it expires.")

    def _remember(self, event_id: str) -> None:
        if isinstance(self.store, QueryableEventStore):
            return
        self._confirmed[event_id] = None
        while len(self._confirmed) > _REMEMBERED:
            del self._confirmed[next(iter(self._confirmed))]


async def _shielded(call: Awaitable[_Result]) -> _Result:
    """Await a call to the store that the cancellation of the request does not interrupt, within a time limit."""
    with anyio.move_on_after(_STORE_SECONDS, shield=True):
        return await call
    raise TimeoutError(f"the event store did not respond within {_STORE_SECONDS:g} s")
