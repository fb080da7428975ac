"""Past snapshot events, which the API returns for 30 days.

Source: https://docs.stripe.com/api/events
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field

from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.api.times import time_filter

RETENTION = 30 * 86_400
"""Seconds for which the API returns an event."""


@define(eq=False)
class Event:
    """A snapshot event."""

    id: str
    created: int
    content: dict[str, Any] = field(repr=False)
    """The event as JSON, with the fields of all API versions."""
    unacknowledged: set[object] = field(factory=set[object], repr=False)
    """The webhook endpoints that have not accepted the event yet."""

    @property
    def type(self) -> str:
        """Type of the event, such as `financial_connections.account.created`."""
        return str(self.content["type"])


def render_event(event: Event) -> dict[str, Any]:
    """Render a snapshot event as JSON in a response of the API."""
    return {**event.content, "pending_webhooks": len(event.unacknowledged)}


def event_filter(params: Mapping[str, Any], *, since: int) -> Callable[[Event], bool]:
    """Return the filter described by the list parameters.

    An event without endpoints counts as delivered.

    Args:
        params: The parameters.
        since: Time before which events are no longer listed.
    """
    if "type" in params and "types" in params:
        raise APIError(
            message="You may only specify one of these parameters: type, types.",
            param="type",
        )
    is_within = time_filter(params.get("created", {}))
    # An asterisk is the only wildcard.
    pattern = ".*".join(map(re.escape, params.get("type", "*").split("*")))

    def matches(event: Event) -> bool:
        is_delivered = not event.unacknowledged
        return (
            event.created >= since
            and is_within(event.created)
            and event.type in params.get("types", [event.type])
            and re.fullmatch(pattern, event.type) is not None
            and is_delivered == params.get("delivery_success", is_delivered)
        )

    return matches
