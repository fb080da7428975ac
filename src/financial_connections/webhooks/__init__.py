"""Verify, parse and receive Stripe's webhook events. No client is needed.

    from financial_connections import webhooks

    event = webhooks.construct_event(body, headers["Stripe-Signature"], "whsec_…")
    if isinstance(event, webhooks.AccountRefreshedTransactions):
        print(event.id)

Stripe delivers each event at least once, in any order, for up to three days.
`webhook_endpoint` is an ASGI application that calls your handler once for each event.

Source: https://docs.stripe.com/webhooks
"""

from typing import TYPE_CHECKING

from financial_connections._events import (
    Event,
    EventNotification,
    EventReason,
    EventRequest,
    RelatedObject,
    SnapshotEvent,
    UnknownEvent,
    UnknownEventData,
    UnknownEventNotification,
)
from financial_connections._generated import events as _generated
from financial_connections._generated.events import *  # noqa: F403 - one class per type
from financial_connections.webhooks.create import webhook_endpoint
from financial_connections.webhooks.endpoint import WebhookEndpoint
from financial_connections.webhooks.events import construct_event, parse_event
from financial_connections.webhooks.signature import TOLERANCE, sign, verify
from financial_connections.webhooks.stores import (
    EventStore,
    PostgresEventStore,
    QueryableEventStore,
    RecentEvents,
    RedisEventStore,
    SQLiteEventStore,
)

if TYPE_CHECKING:
    from financial_connections.webhooks.history import Events

__all__ = [
    "Event",
    "EventNotification",
    "EventReason",
    "EventRequest",
    "EventStore",
    "Events",
    "PostgresEventStore",
    "QueryableEventStore",
    "RecentEvents",
    "RedisEventStore",
    "RelatedObject",
    "SQLiteEventStore",
    "SnapshotEvent",
    "TOLERANCE",
    "UnknownEvent",
    "UnknownEventData",
    "UnknownEventNotification",
    "WebhookEndpoint",
    "construct_event",
    "parse_event",
    "sign",
    "verify",
    "webhook_endpoint",
]
__all__ += _generated.__all__

# An endpoint that only receives events does not need the modules of the client.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import `Events` on first use."""
        if name != "Events":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from financial_connections.webhooks.history import Events  # noqa: PLC0415

        return Events
