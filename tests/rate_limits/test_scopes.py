"""Limits of one scope, while requests are sent in others."""

import anyio
import httpx
import pytest

from financial_connections import RateLimitError, RequestOptions
from financial_connections.sandbox import Fault, RateLimits
from tests.support.mock_api import account_response, error_response
from tests.support.storm import Network, client_over, sandbox_in_virtual_time
from tests.support.virtual_time import run_in_virtual_time

LIMITED = 300
"""Number of calls that wait for one limit: more than the client has connections."""
LOOPBACK = "http://127.0.0.1"
"""A host whose limits are unknown until the first 429s."""

pytestmark = pytest.mark.parametrize("backend", ["asyncio", "trio"])


async def time_of_other_call(limited, other):
    """Make many calls at once, and one other call while they wait.

    Returns:
        Duration of the other call, in seconds.
    """
    async with anyio.create_task_group() as tasks:
        for _ in range(LIMITED):
            tasks.start_soon(limited)
        await anyio.sleep(1)
        started_at = anyio.current_time()
        await other()
        seconds = anyio.current_time() - started_at
        tasks.cancel_scope.cancel()
    return seconds


async def other_stripe_account(sandbox, client):
    client = client.with_options(stripe_account=sandbox.add_connected_account())
    return client.accounts.list


async def other_key(sandbox, client):
    key = sandbox.add_key(stripe_account=sandbox.add_connected_account())
    return client.with_options(api_key=key).accounts.list


async def other_endpoint(_, client):
    return client.accounts.list


@pytest.mark.parametrize(
    ("choose", "limits", "base_url"),
    [
        (other_stripe_account, RateLimits.test_mode(), "https://api.test"),
        (other_key, RateLimits.test_mode(), "https://api.test"),
        (other_stripe_account, RateLimits.test_mode(), LOOPBACK),
        (other_endpoint, RateLimits(per_endpoint=25), LOOPBACK),
    ],
)
def test_calls_in_another_scope_do_not_wait(backend, choose, limits, base_url):
    async def main():
        sandbox = sandbox_in_virtual_time(limits)
        account = sandbox.add_account()
        async with client_over(Network(sandbox), base_url=base_url) as client:
            other = await choose(sandbox, client)
            return await time_of_other_call(
                lambda: client.accounts.retrieve(account), other
            )

    assert run_in_virtual_time(backend, main) < 1


def test_limits_that_pause_take_no_connections(backend):
    """More Stripe accounts are paused than the client has connections."""
    paused, connections = 20, 10

    async def respond(request):
        if request.headers["Stripe-Account"] == "acct_other":
            return account_response()
        reason = {"Stripe-Rate-Limited-Reason": "global-rate", "Retry-After": "50"}
        return error_response(429, reason)

    async def main():
        def retrieve(stripe_account):
            options = RequestOptions(stripe_account=stripe_account)
            return client.accounts.retrieve("fca_1", options=options)

        async with (
            client_over(
                httpx.MockTransport(respond), max_connections=connections
            ) as client,
            anyio.create_task_group() as tasks,
        ):
            for _ in range(2):
                for n in range(paused):
                    tasks.start_soon(retrieve, f"acct_{n}")
                await anyio.sleep(1)
            await retrieve("acct_other")
            tasks.cancel_scope.cancel()
            return anyio.current_time()

    assert 2 == run_in_virtual_time(backend, main)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (RateLimits(concurrent=5), "global-concurrency"),
        (RateLimits(concurrent_per_endpoint=5), "endpoint-concurrency"),
    ],
)
def test_a_limit_on_concurrent_requests_is_used_to_the_full(backend, limits, reason):
    """The calls take 0.26 s each, so five at a time take 5.2 s."""

    async def main():
        sandbox = sandbox_in_virtual_time(limits)
        sandbox.inject(Fault("latency", seconds=0.2, times=None))
        account = sandbox.add_account()
        async with (
            client_over(Network(sandbox)) as client,
            anyio.create_task_group() as tasks,
        ):
            for _ in range(100):
                tasks.start_soon(client.accounts.retrieve, account)
        return sandbox, anyio.current_time()

    sandbox, seconds = run_in_virtual_time(backend, main)

    assert 100 == sandbox.traffic.total.admitted
    assert {reason} == set(sandbox.traffic.total.rejected)
    assert sandbox.traffic.total.rejected[reason] < 25
    assert 5.2 <= seconds < 6


def test_the_limit_of_an_object_slows_down_its_own_calls_only(backend):
    async def main():
        sandbox = sandbox_in_virtual_time(RateLimits(per_resource=1))
        limited, other = sandbox.add_account(), sandbox.add_account()
        errors = []

        async def retrieve():
            try:
                await client.accounts.retrieve(limited)
            except RateLimitError as error:
                errors.append(error.rate_limit_reason)

        async with client_over(Network(sandbox), base_url=LOOPBACK) as client:
            async with anyio.create_task_group() as tasks:
                for _ in range(20):
                    tasks.start_soon(retrieve)
                await anyio.sleep(0.1)
                started_at = anyio.current_time()
                await client.accounts.retrieve(other)
                seconds = anyio.current_time() - started_at
        return seconds, errors, sandbox.traffic.total.rejected

    seconds, errors, rejected = run_in_virtual_time(backend, main)
    assert seconds < 0.1
    assert {"resource-specific"} == set(errors) == set(rejected)
