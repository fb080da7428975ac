"""Clients on uvloop's event loop."""

import asyncio

import pytest

from financial_connections import APITimeoutError, AsyncClient
from financial_connections.sandbox import Fault, Sandbox, serve

uvloop = pytest.importorskip("uvloop")


@pytest.fixture(params=["httpx", "aiohttp"])
def transport(request):
    return request.param


def run(main):
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


def test_concurrent_calls_receive_their_own_responses(transport):
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=150) for _ in range(30)]

    async def main():
        assert "uvloop" in type(asyncio.get_running_loop()).__module__
        async with serve(sandbox) as server:
            async with AsyncClient(
                sandbox.api_key,
                base_url=server.url,
                transport=transport,
                max_connections=8,
            ) as client:
                return await asyncio.gather(
                    *[client.accounts.retrieve(account) for account in accounts]
                )

    assert accounts == [account.id for account in run(main)]


def test_prefetched_pages_yield_each_item_once(transport):
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=345)

    async def main():
        async with serve(sandbox) as server:
            async with AsyncClient(
                sandbox.api_key, base_url=server.url, transport=transport
            ) as client:
                async with client.transactions.list(
                    account=account
                ).prefetch() as items:
                    return [item.id async for item in items]

    ids = run(main)
    assert 345 == len(ids) == len(set(ids))


def test_timeouts_and_cancellations_leave_the_client_usable(
    transport,
):
    sandbox = Sandbox()
    account = sandbox.add_account()
    sandbox.inject(
        Fault("latency", seconds=30, times=None, operation="retrieve_account")
    )

    async def main():
        async with serve(sandbox) as server:
            async with AsyncClient(
                sandbox.api_key,
                base_url=server.url,
                transport=transport,
                max_retries=0,
                max_connections=1,
            ) as client:
                with pytest.raises(APITimeoutError):
                    await client.with_options(timeout=0.05).accounts.retrieve(account)
                call = asyncio.create_task(client.accounts.retrieve(account))
                await asyncio.wait([call], timeout=0.05)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
                return await client.accounts.list().collect(max_items=1)

    assert [account] == [listed.id for listed in run(main)]
