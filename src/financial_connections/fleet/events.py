"""Turn webhook events into work for the fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from financial_connections.models import Account
from financial_connections.webhooks import (
    AccountCreated,
    AccountCreatedNotification,
    AccountReactivated,
    AccountReactivatedNotification,
    AccountRefreshedTransactions,
    AccountRefreshedTransactionsNotification,
    AccountTransactionsRefreshSucceededNotification,
    SnapshotEvent,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from financial_connections.fleet.store import SyncStore
    from financial_connections.webhooks import Event

_REVIVE = (AccountReactivated, AccountReactivatedNotification)
_WANT = (
    *_REVIVE,
    AccountCreated,
    AccountCreatedNotification,
    AccountRefreshedTransactions,
    AccountRefreshedTransactionsNotification,
    AccountTransactionsRefreshSucceededNotification,
)


def event_handler(store: SyncStore) -> Callable[[Event], Awaitable[None]]:
    """Return a handler for `webhook_endpoint` that requests syncs.

        webhook_endpoint(secret, event_handler(store))

    An account is wanted when it is linked, when its transactions have been refreshed,
    and when it is linked again, which also revives it. Snapshot and thin events are
    handled; all other types are ignored.

    Args:
        store: The store. The handler raises its errors, so that Stripe delivers the
            event again.
    """

    async def handle(event: Event) -> None:
        account = event.object_id
        if not isinstance(event, _WANT) or account is None:
            return
        if isinstance(event, _REVIVE):
            await store.revive([account])
        data = getattr(getattr(event, "data", None), "object", None)
        await store.want(
            data if isinstance(data, Account) else account,
            stripe_account=(
                event.account if isinstance(event, SnapshotEvent) else event.context
            ),
        )

    return handle
