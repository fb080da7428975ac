"""Generated code. Do not edit."""

from collections.abc import Sequence

from financial_connections._events import SnapshotEvent
from financial_connections._request import Request, RequestOptions, Sender


async def retrieve_event(
    sender: Sender,
    id: str,
    *,
    expand: Sequence[str] | None = None,
    options: RequestOptions | None = None,
) -> SnapshotEvent:
    """Retrieve an event of the last 30 days.

    Args:
        sender: Sends the request.
        id: ID of the event (`evt_…`).
        expand: Paths of the fields to expand, whose IDs are replaced with the objects
            they refer to. By default, no field is expanded.
        options: Overrides the client's settings for this call.

    Returns:
        The event.
    """
    request = Request(
        "GET",
        "/v1/events/{id}",
        ids={"id": id},
        params={"expand": expand},
        arrays=("expand",),
        expandable=(),
    )
    return await sender.send(request, SnapshotEvent, options)
