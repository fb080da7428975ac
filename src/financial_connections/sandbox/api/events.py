"""Events of both kinds, in the form sent to webhook endpoints.

A snapshot event contains an account or an authorization, with the fields of all API
versions. A thin event, whose type begins with `v1.`, contains only a reference to it.

Source: https://docs.stripe.com/event-destinations
"""

from datetime import UTC, datetime
from typing import Any, Literal

from financial_connections.sandbox.api.records import Account

EventPayload = Literal["snapshot", "thin"]

_TYPE = "financial_connections.account"


def snapshot(
    event_id: str,
    name: str,
    value: dict[str, Any],
    *,
    created: int,
    version: str,
    pending_webhooks: int,
    merchant: str | None,
) -> dict[str, Any]:
    """Return a snapshot event with the current state of an object.

    Args:
        event_id: ID of the event.
        name: Last part of its type, such as `created`.
        value: Account or authorization that the event is about, as JSON.
        created: Time of the event, in seconds since the epoch.
        version: API version of the event.
        pending_webhooks: Number of endpoints that it is sent to.
        merchant: ID of the connected account; None for the platform.

    Source: https://docs.stripe.com/api/events/object
    """
    event = {
        "id": event_id,
        "object": "event",
        "api_version": version,
        "created": created,
        "data": {"object": value},
        "livemode": False,
        "pending_webhooks": pending_webhooks,
        "request": {"id": None, "idempotency_key": None},
        "type": f"{value['object']}.{name}",
    }
    if merchant is not None:
        event["account"] = merchant
    return event


def notification(
    event_id: str, name: str, account: Account, *, created: int, merchant: str | None
) -> dict[str, Any]:
    """Return a thin event.

    Args:
        event_id: ID of the event.
        name: Last part of its type, such as `created`.
        account: Account that the event is about.
        created: Time of the event, in seconds since the epoch.
        merchant: ID of the connected account; None for the platform.

    Source: https://docs.stripe.com/event-destinations#thin-events
    """
    time = datetime.fromtimestamp(created, UTC).isoformat(timespec="milliseconds")
    return {
        "id": event_id,
        "object": "v2.core.event",
        "context": merchant,
        "created": time.replace("+00:00", "Z"),
        "livemode": False,
        "reason": None,
        "related_object": {
            "id": account.id,
            "type": _TYPE,
            "url": f"/v1/financial_connections/accounts/{account.id}",
        },
        "type": f"v1.{_TYPE}.{name}",
    }
