"""Read the events of the last 30 days from the API."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from financial_connections._generated.operations.events import EventOperations
from financial_connections.errors import InvalidArgumentError
from financial_connections.webhooks.classes import SNAPSHOT_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Never

    from financial_connections._events import SnapshotEvent
    from financial_connections._request import RequestOptions
    from financial_connections.pagination import Pager
    from financial_connections.params import TimestampRange

_MAX_TYPES = 20


class EventsClient(Protocol):
    """A client that can read past events, such as an `AsyncClient`."""

    # Like in `AsyncClient`, because pyright does not accept one for a property.
    @cached_property
    def events(self) -> Events:
        """The operations on events."""
        ...


@frozen
class Events(EventOperations):
    """Events of the last 30 days, at `client.events`.

    Stripe keeps each event for 30 days, whether or not it has been delivered. To handle
    the events that an endpoint has missed, use `WebhookEndpoint.catch_up`.
    """

    def list(
        self,
        *,
        types: Sequence[str] | None = None,
        after: str | None = None,
        created: TimestampRange | int | datetime | None = None,
        delivery_success: bool | None = None,
        type: str | None = None,  # noqa: A002 - as in the API
        limit: int | None = None,
        starting_after: str | None = None,
        ending_before: str | None = None,
        expand: Sequence[Never] | None = None,
        options: RequestOptions | None = None,
    ) -> Pager[SnapshotEvent]:
        """List events of the last 30 days, newest first, or oldest first with `after`.

            async for event in client.events.list(after="evt_123"):
                print(event.type, event.object_id)

        Each event is of the class of its type, as in an endpoint's handler. It contains
        its object as it was at the time of the event, in the format of the event's
        `api_version`, whatever version the client uses. Thin events are not listed.

        Args:
            types: Types of the events, at most 20. Defaults to all types of Financial
                Connections that this version knows. Cannot be combined with `type`.
            after: ID of the last event that you have handled (`evt_…`). The list then
                contains only newer events, and iteration goes from oldest to newest.
                Cannot be combined with `starting_after` or `ending_before`.
            created: Return only events created at this time, or within this range of
                times, such as `{"gte": …}`, in seconds since the epoch. By default,
                events from any time are returned. A `datetime` must have a time zone.
            delivery_success: If true, return only events that all webhook endpoints
                have acknowledged. If false, return only events that at least one
                endpoint has not acknowledged, because its deliveries are pending or
                have failed. By default, both are returned.
            type: Return only events of this type. Cannot be combined with `types`.
            limit: Number of events per request, from 1 to 100. Defaults to 100 when
                iterating, and to 10 for a single page.
            starting_after: ID of an event. The list contains only older events.
            ending_before: ID of an event. Same as `after`, which is easier to read.
            expand: Not used: no field can be expanded yet.
            options: Overrides the client's settings for each request.

        Returns:
            A `Pager`: await it for one page, or iterate over it for all events. No
            request is sent before that.

        Raises:
            InvalidArgumentError: There are no types or more than 20, or arguments that
                cannot be combined are combined.
            APIStatusError: Raised while iterating. If its `code` is `resource_missing`,
                Stripe does not have the event `after`: it is older than 30 days, or it
                belongs to another Stripe account or mode. Use `created` instead.

        Source: https://docs.stripe.com/api/events/list
        """
        if after is not None:
            if starting_after is not None or ending_before is not None:
                raise InvalidArgumentError(
                    "after cannot be used together with starting_after or ending_before"
                )
            ending_before = after
        return super().list(
            types=_types_from(types, type),
            type=type,
            created=created,
            delivery_success=delivery_success,
            limit=limit,
            starting_after=starting_after,
            ending_before=ending_before,
            expand=expand,
            options=options,
        )


def _types_from(
    types: Sequence[str] | None, single: str | None
) -> Sequence[str] | None:
    if types is None:
        return SNAPSHOT_TYPES if single is None else None
    if single is not None:
        raise InvalidArgumentError("type and types cannot be used together")
    if isinstance(types, str):
        raise InvalidArgumentError("types must be a list or tuple: write types=[…]")
    # An empty list would not be sent, so that events of all products would be returned.
    if not 1 <= len(types) <= _MAX_TYPES:
        raise InvalidArgumentError(
            f"types must contain from 1 to {_MAX_TYPES} event types, not {len(types)}: "
            "list the others separately"
        )
    return types
