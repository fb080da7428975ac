"""Handle each event once, however many deliveries and workers there are."""

from collections.abc import Awaitable, Callable
from functools import partial

import anyio
from attrs import field, frozen

from financial_connections.webhooks.completion import complete, shielded
from financial_connections.webhooks.events import AccountEvent, UnknownEvent
from financial_connections.webhooks.stores import EventStore, QueryableEventStore

Handler = Callable[[AccountEvent | UnknownEvent], Awaitable[object]]
"""The async function that is called with each event."""

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
        """Return True once the event is handled, and False if another worker is
        handling it.
        """
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

    async def _claim_and_handle(
        self, event_id: str, event: AccountEvent | UnknownEvent
    ) -> bool:
        # Completed: a cancelled claim might have succeeded, and would block the event
        # until it expires.
        is_claimed, interruption = await complete(
            partial(self.store.claim, event_id, self.clock() + self.claim_timeout)
        )
        if not is_claimed:
            _raise(interruption)
            return await self._is_confirmed(event_id)
        try:
            _raise(interruption)
            await self.handler(event)
        except BaseException as error:
            await self._release(event_id, error)
            raise
        # Only now: if the process had crashed in between, an event confirmed before
        # would be lost.
        _, interruption = await complete(partial(self.store.confirm, event_id))
        self._remember(event_id)
        _raise(interruption)
        return True

    async def _is_confirmed(self, event_id: str) -> bool:
        if isinstance(self.store, QueryableEventStore):
            return await shielded(partial(self.store.is_confirmed, event_id))
        return event_id in self._confirmed

    async def _release(self, event_id: str, error: BaseException) -> None:
        try:
            await complete(
                partial(self.store.release, event_id)
            )  # the error outranks an interruption here
        except Exception as failure:  # noqa: BLE001  # the handler's error is what matters; the claim expires
            error.add_note(
                f"The claim of {event_id} could not be released ({type(failure).__name__}); it expires."
            )

    def _remember(self, event_id: str) -> None:
        if isinstance(self.store, QueryableEventStore):
            return
        self._confirmed[event_id] = None
        while len(self._confirmed) > _REMEMBERED:
            del self._confirmed[next(iter(self._confirmed))]


def _raise(interruption: BaseException | None) -> None:
    if interruption is not None:
        raise interruption
