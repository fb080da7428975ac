"""Webhook events that wake refresh waits."""

import json

import anyio
import pytest

from financial_connections.accounts import RefreshNotifier
from financial_connections.webhooks import parse_event
from tests.support.refresh import RefreshWorld, sleep_until_cancelled


def latest_event(sandbox):
    return parse_event(json.dumps(sandbox.events[-1]).encode())


async def test_an_event_causes_a_poll():
    """Delays of a second or more never end here, so only events cause polls."""
    world = RefreshWorld()
    account, other = world.sandbox.add_account(), world.sandbox.add_account()
    notifier, states = RefreshNotifier(), []

    async def sleep(seconds):
        if seconds >= 1:
            await anyio.sleep_forever()

    world.sleep = sleep

    async def wait():
        state = await client.accounts.refresh_and_wait(
            account, features=["balance"], notifier=notifier, clock=world.clock
        )
        states.append(state)

    async with world.client() as client, anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        notifier.notify(other)
        await anyio.wait_all_tasks_blocked()
        assert 2 == len(world.requests)
        notifier.notify(account)  # too early: the wait polls and continues
        await anyio.wait_all_tasks_blocked()
        assert (3, []) == (len(world.requests), states)
        world.sandbox.advance(5)
        notifier.notify(latest_event(world.sandbox))
    assert "succeeded" == states[0].balance_refresh.status
    assert {} == notifier._wakeups


async def test_an_event_before_the_response_to_the_request_is_not_missed():
    world = RefreshWorld(refresh_seconds=0)
    account = world.sandbox.add_account()
    notifier = RefreshNotifier()
    world.sleep = sleep_until_cancelled
    async with world.client() as client:
        refresh = client._transport.backend.exchange

        async def exchange(wire, *limits):
            response = await refresh(wire, *limits)
            if wire.method == "POST":
                notifier.notify(latest_event(world.sandbox))
            return response

        object.__setattr__(client._transport.backend, "exchange", exchange)
        state = await client.accounts.refresh_and_wait(
            account, features=["balance"], notifier=notifier, clock=world.clock
        )
    assert "succeeded" == state.balance_refresh.status


@pytest.mark.parametrize(
    "event_type",
    [
        *(
            f"v1.financial_connections.account.{name}"
            for name in ("refreshed_balance", "balance_refresh_failed", "of_the_future")
        ),
        "financial_connections.account.of_the_future",
    ],
)
async def test_an_event_of_any_type_wakes_the_waits_for_its_account(event_type):
    world = RefreshWorld()
    account = world.sandbox.add_account()
    thin = event_type.startswith("v1.")
    notifier, done = RefreshNotifier(), []
    world.sleep = sleep_until_cancelled

    async def wait():
        await client.accounts.refresh_and_wait(
            account, features=["balance"], notifier=notifier, clock=world.clock
        )
        done.append(account)

    async with world.client() as client, anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        world.sandbox.advance(5)
        events = world.sandbox.notifications if thin else world.sandbox.events
        sent = events[-1] | {"type": event_type}
        notifier.notify(parse_event(json.dumps(sent).encode()))
    assert [account] == done


async def test_a_notifier_accepts_every_event():
    notifier = RefreshNotifier()
    for event in (
        {"id": "evt_1"},
        {"id": "evt_1", "object": "v2.core.event"},
        {"type": "v1.financial_connections.account.created", "related_object": 5},
        {"object": "v2.core.event", "related_object": {"id": "fca_1"}},
        {"data": {}},
        {"data": {"object": {"id": 5}}},
        {"type": "charge.failed", "data": {"object": {"id": "ch_1"}}},
    ):
        notifier.notify(parse_event(json.dumps(event).encode()))
    assert {} == notifier._wakeups


async def test_a_notifier_wakes_many_waits():
    world = RefreshWorld()
    world.sleep = sleep_until_cancelled
    accounts = [world.sandbox.add_account() for _ in range(10)]
    notifier, done = RefreshNotifier(), []

    async def wait(account):
        await client.accounts.wait_for_refresh(
            account, features=["balance"], notifier=notifier
        )
        done.append(account)

    async with world.client() as client, anyio.create_task_group() as tasks:
        for account in accounts:
            await client.accounts.refresh(account, features=["balance"])
            tasks.start_soon(wait, account)
        await anyio.wait_all_tasks_blocked()
        world.sandbox.advance(5)
        for event in world.sandbox.events:
            notifier.notify(parse_event(json.dumps(event).encode()))
    assert sorted(accounts) == sorted(done)
