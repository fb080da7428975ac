"""
Events that Stripe sends: verified, typed, and received. No client is needed.

    from financial_connections import webhooks

    event = webhooks.construct_event(body, headers["Stripe-Signature"], "whsec_…")
    match event:
        case webhooks.AccountRefreshedTransactions() if event.data and event.data.object:
            print(event.data.object.id)

Stripe delivers at least once, in no promised order, and for up to three days: take an event as a hint to look, and
drop the ids that you have seen. `webhook_endpoint` is an ASGI application that does. Source:
https://docs.stripe.com/webhooks
"""

from financial_connections.webhooks.endpoint import EventStore, RecentEvents, WebhookEndpoint, webhook_endpoint
from financial_connections.webhooks.events import (
    AccountCreated,
    AccountDeactivated,
    AccountDisconnected,
    AccountEvent,
    AccountEventData,
    AccountNumbersUpdated,
    AccountReactivated,
    AccountRefreshedBalance,
    AccountRefreshedOwnership,
    AccountRefreshedTransactions,
    Event,
    EventRequest,
    UnknownEvent,
    UnknownEventData,
    UpcomingAccountNumberExpiry,
    construct_event,
    parse_event,
)
from financial_connections.webhooks.signature import TOLERANCE, sign, verify

__all__ = [
    "AccountCreated",
    "AccountDeactivated",
    "AccountDisconnected",
    "AccountEvent",
    "AccountEventData",
    "AccountNumbersUpdated",
    "AccountReactivated",
    "AccountRefreshedBalance",
    "AccountRefreshedOwnership",
    "AccountRefreshedTransactions",
    "Event",
    "EventRequest",
    "EventStore",
    "RecentEvents",
    "TOLERANCE",
    "UnknownEvent",
    "UnknownEventData",
    "UpcomingAccountNumberExpiry",
    "WebhookEndpoint",
    "construct_event",
    "parse_event",
    "sign",
    "verify",
    "webhook_endpoint",
]
