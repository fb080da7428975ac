"""Refreshes that are requested too early."""

import pytest

from financial_connections import (
    InvalidRequestError,
    RefreshNotAvailableError,
    RequestOptions,
)
from tests.support.refresh import RefreshWorld


@pytest.mark.parametrize("early_refresh", ["refuse", "join"])
async def test_an_early_refresh_raises_with_the_time_it_becomes_possible(early_refresh):
    world = RefreshWorld(early_refresh=early_refresh)
    account = world.sandbox.add_account()
    async with world.client() as client:
        state = await client.accounts.refresh_and_wait(
            account, features=["balance"], clock=world.clock
        )
        with pytest.raises(
            RefreshNotAvailableError, match="not possible before 1700000060"
        ) as caught:
            await client.accounts.refresh_and_wait(
                account, features=["balance"], clock=world.clock
            )
    assert (
        state.balance_refresh.next_refresh_available_at
        == caught.value.available_at
        == 1_700_000_060
    )
    assert 1 == world.requests.count("POST refresh")


async def test_the_servers_clock_decides():
    world = RefreshWorld()
    account = world.sandbox.add_account()
    async with world.client() as client:
        await client.accounts.refresh_and_wait(
            account, features=["balance"], clock=world.clock
        )
        with pytest.raises(
            RefreshNotAvailableError,
            match="before 1700000060 .*: The refresh of `balance`",
        ) as caught:
            await client.accounts.refresh_and_wait(account, features=["balance"])
    assert isinstance(caught.value.__cause__, InvalidRequestError)


async def test_an_early_refresh_waits_if_when_available_is_set():
    world = RefreshWorld()
    account = world.sandbox.add_account()
    async with world.client() as client:
        await client.accounts.refresh_and_wait(
            account, features=["balance"], clock=world.clock
        )
        world.sandbox.set_balance(account, 777)
        state = await client.accounts.refresh_and_wait(
            account, features=["balance"], when_available=True, clock=world.clock
        )
    assert {"usd": 777} == state.balance.current
    assert 2 == world.requests.count("POST refresh")


async def test_a_rejected_request_is_repeated_with_another_idempotency_key():
    world = RefreshWorld()
    account = world.sandbox.add_account()
    options = RequestOptions(idempotency_key="mine")
    async with world.client() as client:
        await client.accounts.refresh_and_wait(
            account, features=["balance"], clock=world.clock
        )
        await client.accounts.refresh_and_wait(
            account,
            features=["balance"],
            when_available=True,
            clock=lambda: world.clock() + 30,
            options=options,
        )
    assert 3 < world.requests.count("POST refresh") < 12


async def test_a_refresh_possible_only_after_the_timeout_raises_immediately():
    world = RefreshWorld(refresh_cooldown=3_600)
    account = world.sandbox.add_account()
    async with world.client() as client:
        await client.accounts.refresh_and_wait(
            account, features=["balance"], clock=world.clock
        )
        waited = len(world.slept)
        with pytest.raises(RefreshNotAvailableError):
            await client.accounts.refresh_and_wait(
                account, features=["balance"], when_available=True, clock=world.clock
            )
    assert waited == len(world.slept)
