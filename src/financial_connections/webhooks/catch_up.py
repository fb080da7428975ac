"""Handle the events that an endpoint has missed, from oldest to newest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import anyio

from financial_connections.errors import (
    APIStatusError,
    ConfigurationError,
    CursorExpiredError,
    InvalidArgumentError,
)
from financial_connections.webhooks.stores import QueryableEventStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from financial_connections._events import SnapshotEvent
    from financial_connections.pagination import Page, Pager
    from financial_connections.params import TimestampRange
    from financial_connections.webhooks.dispatch import Dispatcher

_FIRST_DELAY = 0.1
_LONGEST_DELAY = 5.0


async def handle_all(
    list_events: Callable[..., Pager[SnapshotEvent]],
    handle: Callable[[SnapshotEvent], Awaitable[object]],
    *,
    after: str | None,
    created: TimestampRange | int | datetime | None,
) -> str | None:
    """Handle all events after an event, or else all events in a list.

    Args:
        list_events: Returns the list of the events created at the time `created`, or
            its part after the event `after`.
        handle: Handles one event.
        after: ID of the last event that has been handled.
        created: Time or range of times of the events.

    Returns:
        The ID of the last event handled; `after` if there was none.

    Raises:
        CursorExpiredError: The API no longer has the event `after`.
        InvalidArgumentError: There is neither an event nor a time to start from.
    """
    if after is None and not _has_start(created):
        raise InvalidArgumentError(
            "pass after, or created with a gt or gte. To handle all events of the last "
            '30 days, pass created={"gte": 0}'
        )
    progress = _Progress(handle, after)
    try:
        if after is None:
            # The API lists events oldest first only after a known event.
            oldest = await _last_page(list_events(created=created))
            for event in reversed(oldest.data):
                await progress.handle(event)
        if progress.last is not None:
            async for event in list_events(created=created, after=progress.last):
                await progress.handle(event)
    except APIStatusError as error:
        if progress.stopped or not _is_about_cursor(error):
            raise
        raise _expired(progress.last, error) from error
    return progress.last


class _Progress:
    """The handler, and the ID of the last event that it has handled."""

    def __init__(
        self,
        handle: Callable[[SnapshotEvent], Awaitable[object]],
        last: str | None,
    ) -> None:
        self._handle = handle
        self.last = last
        self.stopped = False
        """True if an event could not be handled."""

    async def handle(self, event: SnapshotEvent) -> None:
        try:
            await self._handle(event)
        except Exception as error:
            self.stopped = True
            error.add_note(
                f"Catching up stopped at the event {event.id}. The last one handled "
                f"was {self.last}."
            )
            raise
        self.last = event.id


async def handle_once(dispatcher: Dispatcher, event: SnapshotEvent) -> None:
    """Handle an event unless it was handled before, waiting for other workers.

    Args:
        dispatcher: Calls the handler. Its store must be queryable.
        event: The event.
    """
    delay = _FIRST_DELAY
    while not await dispatcher.dispatch(event):
        # If the other worker has crashed, its claim expires.
        await anyio.sleep(delay)
        delay = min(2 * delay, _LONGEST_DELAY)


def require_queryable(dispatcher: Dispatcher) -> None:
    """Raise an error if the store cannot report which events have been handled.

    Raises:
        ConfigurationError: The store has no `is_confirmed`.
    """
    if not isinstance(dispatcher.store, QueryableEventStore):
        raise ConfigurationError(
            "catching up needs a store with an async is_confirmed(event_id), to "
            "recognize events that other workers have handled"
        )


def _has_start(created: TimestampRange | int | datetime | None) -> bool:
    if isinstance(created, Mapping):
        return created.get("gt", created.get("gte")) is not None
    return created is not None


async def _last_page(pager: Pager[SnapshotEvent]) -> Page[SnapshotEvent]:
    """Return the last page with events, or an empty one."""
    pages = pager.pages()
    last = await anext(pages)
    async for page in pages:
        # The events of the last page may have expired since the one before was read.
        last = page if page.data else last
    return last


def _expired(event_id: str | None, error: APIStatusError) -> CursorExpiredError:
    expired = CursorExpiredError(
        f"Stripe no longer has the event {event_id}: it is older than 30 days, or it "
        "belongs to another Stripe account or mode. Catch up from a time instead, with "
        "created="
    )
    expired.request_id = error.request_id
    return expired


def _is_about_cursor(error: APIStatusError) -> bool:
    return error.code == "resource_missing" and error.param == "ending_before"
