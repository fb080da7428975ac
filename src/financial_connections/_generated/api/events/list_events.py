"""Generated code. Do not edit."""

from collections.abc import Sequence
from datetime import datetime

from financial_connections._generated.models.snapshot_event_list import (
    SnapshotEventList,
)
from financial_connections._generated.models.timestamp_range import TimestampRange
from financial_connections._request import Request, RequestOptions, Sender


async def list_events(
    sender: Sender,
    *,
    created: TimestampRange | int | datetime | None = None,
    delivery_success: bool | None = None,
    ending_before: str | None = None,
    expand: Sequence[str] | None = None,
    limit: int | None = None,
    starting_after: str | None = None,
    type: str | None = None,
    types: Sequence[str] | None = None,
    options: RequestOptions | None = None,
) -> SnapshotEventList:
    """List the events of the last 30 days, newest first.

    Args:
        sender: Sends the request.
        created: Return only events created at this time, or within this range of times,
            such as `{"gte": …}`, in seconds since the epoch. By default, events from
            any time are returned. A `datetime` must have a time zone.
        delivery_success: If true, return only events that all webhook endpoints have
            acknowledged. If false, return only events that at least one endpoint has
            not acknowledged, because its deliveries are pending or have failed. By
            default, both are returned.
        ending_before: ID of an item. The page contains the items just before it in the
            list, which are newer. Cannot be combined with `starting_after`.
        expand: Paths of the fields to expand, whose IDs are replaced with the objects
            they refer to. By default, no field is expanded.
        limit: Maximum number of items on a page, from 1 to 100. Defaults to 10, or to
            100 when iterating over a list.
        starting_after: ID of an item. The page contains the items just after it in the
            list, which are older. Cannot be combined with `ending_before`. By default,
            the page starts with the newest item.
        type: Return only events of this type, such as
            `financial_connections.account.created`. Cannot be combined with `types`.
        types: Return only events of these types, at most 20. Cannot be combined with
            `type`. By default, events of all types are returned, including those of
            other Stripe products.
        options: Overrides the client's settings for this call.

    Returns:
        A page of events.
    """
    request = Request(
        "GET",
        "/v1/events",
        params={
            "created": created,
            "delivery_success": delivery_success,
            "ending_before": ending_before,
            "expand": expand,
            "limit": limit,
            "starting_after": starting_after,
            "type": type,
            "types": types,
        },
        arrays=("expand", "types"),
        expandable=(),
    )
    return await sender.send(request, SnapshotEventList, options)
