"""Types that a type checker must infer for events. Checked by mypy and pyright only."""

from typing import assert_type

from financial_connections import AsyncClient, Pager, RefreshNotifier, webhooks
from financial_connections.models import Account, AccountWithOwnership, Authorization
from financial_connections.webhooks import (
    Event,
    SnapshotEvent,
    WebhookEndpoint,
    webhook_endpoint,
)


async def parsing(client: AsyncClient, body: bytes) -> None:
    event = webhooks.parse_event(body)
    assert_type(event, Event)
    assert_type(webhooks.construct_event(body, None, "whsec_1"), Event)
    assert_type(event.id, str)
    assert_type(event.object_id, str | None)
    match event:
        case webhooks.AccountCreated():
            assert_type(event.data.object, Account)
            assert_type(event.api_version, str | None)
            assert_type(event.created, int)
            assert_type(await event.fetch(client), Account)
        case webhooks.AuthorizationUpcomingDeactivation():
            assert_type(event.data.object, Authorization)
        case webhooks.AccountBalanceRefreshSucceededNotification():
            assert_type(event.related_object.id, str)
            assert_type(event.created, str)
            assert_type(await event.fetch(client), Account)
        case _:
            pass
    if isinstance(event, webhooks.AccountEvent | webhooks.AccountNotification):
        assert_type(
            await event.fetch(client, expand=["ownership"]), AccountWithOwnership
        )


async def handling(event: Event) -> None:
    RefreshNotifier().notify(event)


async def handling_a_base_class(event: webhooks.AccountEvent) -> None:
    pass


def endpoints() -> None:
    webhook_endpoint("whsec_1", handling)
    webhook_endpoint("whsec_1", handling_a_base_class)  # type: ignore[arg-type] # pyright: ignore
    webhooks.construct_event(b"", "", "", on_version_mismatch="log")  # type: ignore[arg-type] # pyright: ignore


async def authorizations(
    client: AsyncClient, event: webhooks.AuthorizationUpcomingDeactivation
) -> None:
    await event.fetch(client)  # type: ignore[attr-defined] # pyright: ignore


async def past_events(client: AsyncClient, endpoint: WebhookEndpoint) -> None:
    assert_type(client.events, webhooks.Events)
    pager = client.events.list(after="evt_1", types=["financial_connections.x"])
    assert_type(pager, Pager[SnapshotEvent])
    everything: Pager[Event] = pager
    async for event in everything:
        await handling(event)
    assert_type(await client.events.retrieve("evt_1"), SnapshotEvent)
    saved = await endpoint.catch_up(client, created={"gte": 0}, types=("a", "b"))
    assert_type(saved, str | None)
    await endpoint.catch_up(client, after=saved, created=5)
    await endpoint.catch_up(client.events)  # type: ignore[arg-type] # pyright: ignore
