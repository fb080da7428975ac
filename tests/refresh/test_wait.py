"""Refresh accounts and wait, against the sandbox and without delays."""

import anyio
import httpx
import pytest

from financial_connections import (
    AsyncClient,
    RefreshFailedError,
    expanded,
)
from financial_connections.sandbox import Clock, Fault, Rules, Sandbox
from financial_connections.sandbox.http.app import application
from tests.support.refresh import RefreshWorld, post_refresh, sleep_until_cancelled

EVERYTHING = ["balance", "ownership", "transactions"]


async def test_a_refresh_is_started_once_and_awaited():
    world = RefreshWorld()
    account = world.sandbox.add_account()
    world.sandbox.set_balance(account, 4_200)
    async with world.client() as client:
        state = await client.accounts.refresh_and_wait(
            account, features=["balance"], clock=world.clock
        )
    assert {"usd": 4_200} == state.balance.current
    assert "succeeded" == state.balance_refresh.status
    assert ["GET", "POST refresh", "GET", "GET", "GET", "GET"] == world.requests
    assert [1, 1.5, 2.25, 3.375] == world.slept


async def test_the_wait_ends_when_all_features_are_refreshed():
    world = RefreshWorld()
    account = world.sandbox.add_account(
        owners=2, transactions=5, balance=1, refreshed=()
    )
    async with world.client() as client:
        state = await client.accounts.refresh_and_wait(
            account, features=EVERYTHING, expand=["ownership"], clock=world.clock
        )
    assert (1, 5) == (
        world.requests.count("POST refresh"),
        len(world.sandbox.events) + 1,
    )
    assert {"succeeded"} == {
        state.balance_refresh.status,
        state.ownership_refresh.status,
        state.transaction_refresh.status,
    }
    assert 2 == len(expanded(state.ownership).owners.data)


async def test_a_pending_refresh_is_joined():
    world = RefreshWorld()
    account = world.sandbox.add_account()
    async with world.client() as client:
        await client.accounts.refresh(account, features=["balance"])
        await client.accounts.refresh_and_wait(
            account, features=["balance", "ownership"], clock=world.clock
        )
    assert 2 == world.requests.count("POST refresh")
    created = [event["type"].rpartition(".")[2] for event in world.sandbox.events]
    assert ["created", "refreshed_balance", "refreshed_ownership"] == created


async def test_a_refresh_started_by_another_process_is_joined():
    world = RefreshWorld()
    account = world.sandbox.add_account()

    async def other(request):
        if request.method == "POST":
            world.before_request = None
            await post_refresh(world.sandbox, account)

    world.before_request = other
    async with world.client() as client:
        state = await client.accounts.refresh_and_wait(
            account, features=["balance"], clock=world.clock
        )
    assert "succeeded" == state.balance_refresh.status


async def test_wait_for_refresh_starts_no_refresh():
    world = RefreshWorld()
    account = world.sandbox.add_account()
    async with world.client() as client:
        await client.accounts.refresh(account, features=["balance"])
        state = await client.accounts.wait_for_refresh(account, features=["balance"])
        at_once = await client.accounts.wait_for_refresh(account, features=["balance"])
    assert "succeeded" == state.balance_refresh.status == at_once.balance_refresh.status
    assert 1 == world.requests.count("POST refresh")


async def test_wait_for_refresh_waits_for_a_refresh_that_starts_later():
    world = RefreshWorld()
    account = world.sandbox.add_account()

    async def sleep(seconds, advance=world.sleep):
        if not world.slept:
            await client.accounts.refresh(account, features=["ownership"])
        await advance(seconds)

    world.sleep = sleep
    async with world.client() as client:
        state = await client.accounts.wait_for_refresh(account, features=["ownership"])
    assert "succeeded" == state.ownership_refresh.status


@pytest.mark.parametrize("poll", [0.1, 1, 7])
async def test_delays_grow_while_an_institution_is_slow(poll):
    world = RefreshWorld(refresh_seconds=600)
    account = world.sandbox.add_account()
    async with world.client() as client:
        await client.accounts.refresh_and_wait(
            account, features=["balance"], timeout=None, poll=poll, clock=world.clock
        )
    assert len(world.slept) < 40
    assert 30 == max(world.slept)


async def test_a_feature_given_twice_is_refreshed_once():
    world = RefreshWorld()
    account = world.sandbox.add_account()
    async with world.client() as client:
        await client.accounts.refresh_and_wait(
            account, features=("balance", "balance"), clock=world.clock
        )
    assert 1 == world.requests.count("POST refresh")


async def test_retried_requests_start_no_second_refresh():
    world = RefreshWorld()
    account = world.sandbox.add_account()
    world.sandbox.inject(
        *[
            Fault(kind)
            for kind in (
                "server_error",
                "response_lost",
                "lock_timeout",
                "rate_limited",
            )
        ]
    )
    async with world.client(max_retries=4) as client:
        await client.accounts.refresh_and_wait(
            account, features=["balance"], clock=world.clock
        )
    assert 2 == len(world.sandbox.events)


async def test_an_error_names_the_features_whose_refresh_failed():
    world = RefreshWorld()
    account = world.sandbox.add_account()
    world.sandbox.fail_refreshes(account, "balance", "transactions")
    async with world.client() as client:
        with pytest.raises(
            RefreshFailedError, match="the refresh of balance, transactions failed"
        ) as caught:
            await client.accounts.refresh_and_wait(
                account, features=EVERYTHING, clock=world.clock
            )
    assert ("balance", "transactions") == caught.value.features


@pytest.mark.parametrize("call", ["refresh_and_wait", "wait_for_refresh"])
async def test_on_progress_receives_the_account_after_each_poll(call):
    world, seen = RefreshWorld(), []
    account = world.sandbox.add_account()
    async with world.client() as client:
        if call == "wait_for_refresh":
            await client.accounts.refresh(account, features=["balance"])
            world.requests.clear()
        await getattr(client.accounts, call)(
            account, features=["balance"], on_progress=seen.append
        )
    assert len(world.requests) == len(seen)
    assert {"pending", "succeeded"} == {
        str(state.balance_refresh.status) for state in seen if state.balance_refresh
    }
    assert "succeeded" == seen[-1].balance_refresh.status


@pytest.mark.parametrize("call", ["refresh_and_wait", "wait_for_refresh"])
async def test_an_error_in_on_progress_is_logged_and_the_wait_continues(call, caplog):
    world = RefreshWorld()
    account = world.sandbox.add_account()
    async with world.client() as client:
        if call == "wait_for_refresh":
            await client.accounts.refresh(account, features=["balance"])
        state = await getattr(client.accounts, call)(
            account, features=["balance"], on_progress=lambda _: 1 / 0
        )
    assert "succeeded" == state.balance_refresh.status
    records = [
        record for record in caplog.records if record.name == "financial_connections"
    ]
    assert len(records) > 2
    assert {"on_progress raised an error; the wait continues"} == {
        record.getMessage() for record in records
    }
    assert ZeroDivisionError is records[0].exc_info[0]


async def test_a_wait_can_be_cancelled():
    world = RefreshWorld()
    account = world.sandbox.add_account()
    world.sleep = sleep_until_cancelled
    async with world.client() as client:
        with anyio.move_on_after(0.02) as scope:
            await client.accounts.wait_for_refresh(account, features=["balance"])
    assert scope.cancelled_caught


async def test_a_wait_works_in_real_time():
    sandbox = Sandbox(
        clock=Clock(ticking=True), rules=Rules(refresh_seconds=0.05, refresh_polls=None)
    )
    account = sandbox.add_account()
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(application(sandbox))) as http,
        AsyncClient(
            sandbox.api_key, base_url="http://127.0.0.1", http_client=http
        ) as client,
    ):
        state = await client.accounts.refresh_and_wait(
            account, features=["balance"], poll=0.01, timeout=60
        )
    assert "succeeded" == state.balance_refresh.status
