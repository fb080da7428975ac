"""Refresh waits that end because of `timeout` or a deadline."""

import anyio
import httpx
import pytest

from financial_connections import (
    AsyncClient,
    DeadlineExceededError,
    RequestOptions,
)
from tests.support.refresh import RefreshWorld
from tests.support.samples import ACCOUNT


async def test_a_timeout_error_has_the_account_as_last_read():
    world = RefreshWorld(refresh_seconds=600)
    account = world.sandbox.add_account(last4="6789")
    async with world.client() as client:
        with pytest.raises(
            DeadlineExceededError,
            match="longer than 20 s; last known status: balance=pending",
        ) as caught:
            await client.accounts.refresh_and_wait(
                account, features=["balance"], timeout=20, clock=world.clock
            )
    assert (20, account) == (sum(world.slept), caught.value.account.id)
    assert "pending" == caught.value.account.balance_refresh.status
    assert isinstance(caught.value, TimeoutError)


async def test_the_timeout_also_limits_a_request_that_hangs():
    async def hang(request):
        await anyio.sleep_forever()

    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(hang)) as http,
        AsyncClient("sk_test_1", http_client=http) as client,
    ):
        with pytest.raises(DeadlineExceededError, match="balance=None") as caught:
            await client.accounts.refresh_and_wait(
                "fca_1", features=["balance"], timeout=0.01
            )
    assert caught.value.account is None


async def test_a_request_deadline_error_has_the_account_as_last_read():
    responses = [ACCOUNT | {"balance_refresh": {"status": "pending"}}]

    async def once(request):
        if not responses:
            # Let the deadline of the second request pass.
            [scope] = client._transport.backend.limiter._calls
            scope.deadline = anyio.current_time()
            await anyio.sleep_forever()
        return httpx.Response(200, json=responses.pop())

    options = RequestOptions(deadline=60)
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(once)) as http,
        AsyncClient("sk_test_1", http_client=http) as client,
    ):
        with pytest.raises(DeadlineExceededError, match="deadline of 60 s") as caught:
            await client.accounts.wait_for_refresh(
                "fca_1", features=["balance"], poll=0.001, options=options
            )
    assert ACCOUNT["id"] == caught.value.account.id
