"""Operations on events, as methods of a class.

Generated code. Do not edit.
"""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING

from attrs import frozen

from financial_connections._generated.api.events import list_events, retrieve_event
from financial_connections.expand import item_paths

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Never

    from financial_connections._events import SnapshotEvent
    from financial_connections._generated.models.timestamp_range import TimestampRange
    from financial_connections._request import RequestOptions, Sender
    from financial_connections.pagination import Pager


@frozen
class EventOperations:
    """Events of the last 30 days.

    Args:
        sender: Sends the requests.
    """

    _sender: Sender

    def list(
        self,
        *,
        created: TimestampRange | int | datetime | None = None,
        delivery_success: bool | None = None,
        type: str | None = None,
        types: Sequence[str] | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
        ending_before: str | None = None,
        expand: Sequence[Never] | None = None,
        options: RequestOptions | None = None,
    ) -> Pager[SnapshotEvent]:
        """List the events of the last 30 days, newest first.

        Each event contains its object as it was at the time of the event, in the format
        of the event's `api_version`, whatever version the client uses. Thin events are
        not listed.

        Args:
            created: Return only events created at this time, or within this range of
                times, such as `{"gte": …}`, in seconds since the epoch. By default,
                events from any time are returned. A `datetime` must have a time zone.
            delivery_success: If true, return only events that all webhook endpoints
                have acknowledged. If false, return only events that at least one
                endpoint has not acknowledged, because its deliveries are pending or
                have failed. By default, both are returned.
            type: Return only events of this type, such as
                `financial_connections.account.created`. Cannot be combined with
                `types`.
            types: Return only events of these types, at most 20. Cannot be combined
                with `type`. By default, events of all types are returned, including
                those of other Stripe products.
            limit: Maximum number of items on a page, from 1 to 100. Defaults to 10, or
                to 100 when iterating over a list.
            starting_after: ID of an item. The page contains the items just after it in
                the list, which are older. Cannot be combined with `ending_before`. By
                default, the page starts with the newest item.
            ending_before: ID of an item. The page contains the items just before it in
                the list, which are newer. Cannot be combined with `starting_after`.
            expand: Not used: no field can be expanded yet.
            options: Overrides the client's settings for this call.

        Returns:
            A `Pager`: await it for one page, or iterate over it for all items. No
            request is sent before that.

        Source: https://docs.stripe.com/api/events/list
        """
        # Imported here because only lists need it.
        from financial_connections.pagination import Pager

        # Requests are sent later, so copy arguments that could change in the meantime.
        fetch = partial(
            list_events,
            self._sender,
            created=deepcopy(created),
            delivery_success=delivery_success,
            type=type,
            types=deepcopy(types),
            expand=item_paths(expand),
        )
        return Pager(
            fetch,
            limit=limit,
            starting_after=starting_after,
            ending_before=ending_before,
            options=options,
        )

    async def retrieve(
        self,
        id: str,
        *,
        expand: Sequence[Never] | None = None,
        options: RequestOptions | None = None,
    ) -> SnapshotEvent:
        """Retrieve an event of the last 30 days.

        Args:
            id: ID of the event (`evt_…`).
            expand: Not used: no field can be expanded yet.
            options: Overrides the client's settings for this call.

        Returns:
            The event.

        Raises:
            NotFoundError: The event does not exist or is older than 30 days, or the API
                key has no access to it.

        Source: https://docs.stripe.com/api/events/retrieve
        """
        return await retrieve_event(self._sender, id, expand=expand, options=options)
