"""Refreshes of many accounts under Stripe's rate limits."""

import anyio
import pytest

from financial_connections.sandbox import Clock, RateLimits, Rules, Sandbox
from tests.support.storm import KEY, RATE, Network, client_over, shortest_time
from tests.support.virtual_time import run_in_virtual_time


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_every_account_is_refreshed_under_a_limit(backend):
    run_in_virtual_time(backend, refresh_under_limit, 100)


async def refresh_under_limit(number):
    """Refresh accounts, of which 5 % fail and 10 % were refreshed just before.

    Returns:
        The time taken, as a multiple of the shortest time possible for the requests.
    """
    sandbox = Sandbox(
        clock=Clock(ticking=True, timer=anyio.current_time),
        rules=Rules(
            rate_limits=RateLimits.test_mode(),
            refresh_seconds=20,
            refresh_polls=None,
            refresh_cooldown=10**6,
        ),
    )
    accounts = [sandbox.add_account() for _ in range(number)]
    failing, early = set(accounts[::20]), set(accounts[5::10])
    for account in failing:
        sandbox.fail_refreshes(account, "balance")
    settings = {"features": ["balance"], "clock": sandbox.clock.now, "timeout": None}
    async with client_over(Network(sandbox), api_key=KEY) as client:
        async with client.accounts.refresh_many(early, **settings) as refreshes:
            assert early == {account.id async for account in refreshes}
        started_at, requests = anyio.current_time(), sandbox.traffic.total.admitted
        async with client.accounts.refresh_many(
            client.accounts.list(), **settings
        ) as refreshes:
            done = {account.id async for account in refreshes}
    assert (failing, early) == (set(refreshes.errors), set(refreshes.skipped))
    assert set(accounts) - failing - early == done
    requests = sandbox.traffic.total.admitted - requests
    # On average: the first read, the request, and polls for 20 seconds.
    assert requests <= 9 * number
    assert sum(sandbox.traffic.total.rejected.values()) <= requests / 50
    return (anyio.current_time() - started_at) / shortest_time(requests, RATE)
