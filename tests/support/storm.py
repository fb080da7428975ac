"""Many accounts read at once through a client whose API limits its requests."""

from collections import deque
from contextlib import asynccontextmanager

import anyio
import httpx

from financial_connections import AsyncClient, FinancialConnectionsError
from financial_connections.sandbox import Clock, RateLimits, Rules, Sandbox
from financial_connections.sandbox.api.ratelimit import (
    RateLimiter,
    rate_limit_error,
)
from financial_connections.sandbox.http.app import application

ACCOUNTS, PAGES, RATE = 200, 5, 25
KEY = "sk_test_sandbox"
LOOPBACK = "http://127.0.0.1"
"""A host to which no documented limits apply."""
HALVED_AND_DOUBLED = ((10, RATE // 2), (20, 2 * RATE))


def sandbox_in_virtual_time(limits=None):
    """Return a sandbox whose clock is that of the running event loop."""
    clock = Clock(ticking=True, timer=anyio.current_time)
    return Sandbox(
        clock=clock, rules=Rules(rate_limits=limits or RateLimits.test_mode())
    )


def add_accounts(sandbox, number=ACCOUNTS, pages=PAGES, **settings):
    """Add accounts with one transaction for each page."""
    return [sandbox.add_account(transactions=pages, **settings) for _ in range(number)]


class SlidingWindow(RateLimiter):
    """A strict limit: at most `rate` admitted requests in any second.

    Unlike a token bucket, it leaves no room for a burst.
    """

    def __init__(self, rate=RATE):
        super().__init__(RateLimits())
        self._rate = rate
        self._admitted = deque()

    def acquire(self, request, now):
        while self._admitted and self._admitted[0] <= now - 1:
            self._admitted.popleft()
        if len(self._admitted) >= self._rate:
            raise rate_limit_error("global-rate", retry_after=None)
        self._admitted.append(now)
        return super().acquire(request, now)


class Storm:
    """The time that a sandbox takes to admit many requests, by its own clock.

    Args:
        sandbox: The sandbox.
        changes: Times at which the limit changes, in seconds after the first request,
            and the new rates.
    """

    def __init__(self, sandbox, *changes):
        self.sandbox = sandbox
        self.changes = changes
        self._remaining = deque(changes)
        self._admit = sandbox.api.admit
        self._started_at = None
        self._ended_at = 0.0
        sandbox.api.admit = self._note

    def _note(self, request):
        now = self.sandbox.clock.elapsed()
        if self._started_at is None:
            self._started_at = now
        while self._remaining and self._started_at + self._remaining[0][0] <= now:
            seconds, rate = self._remaining.popleft()
            limits = RateLimits(total=rate, per_endpoint=rate)
            self.sandbox.api.limiter.change(limits, self._started_at + seconds)
        pending = self._admit(request)
        if pending.permit is not None:
            self._ended_at = now
        return pending

    @property
    def ratio(self):
        """The time taken, as a multiple of the shortest time possible."""
        admitted = self.sandbox.traffic.total.admitted
        return (self._ended_at - self._started_at) / shortest_time(
            admitted, RATE, *self.changes
        )


class Network(httpx.AsyncBaseTransport):
    """A network to a sandbox, with a delay in each direction.

    Args:
        sandbox: The sandbox.
        seconds: Delay in each direction.
    """

    def __init__(self, sandbox, *, seconds=0.03):
        self._sandbox = httpx.ASGITransport(application(sandbox))
        self._seconds = seconds

    async def handle_async_request(self, request):
        await anyio.sleep(self._seconds)
        response = await self._sandbox.handle_async_request(request)
        await anyio.sleep(self._seconds)
        return response


@asynccontextmanager
async def client_over(network, *, api_key=KEY, base_url="https://api.test", **settings):
    """Yield a client whose requests are sent over a network.

    The limits that Stripe documents apply to the host, because it is not loopback.
    """
    async with (
        httpx.AsyncClient(transport=network) as http,
        AsyncClient(api_key, base_url=base_url, http_client=http, **settings) as client,
    ):
        yield client


async def read_in_virtual_time(sandbox, accounts, clients, read, **settings):
    """Read all accounts in several clients that do not communicate.

    To a limit, they are the same as several processes.

    Args:
        sandbox: The sandbox.
        accounts: IDs of the accounts.
        clients: Number of clients.
        read: `read_all` or `sync_all`.
        settings: Settings of the clients.

    Returns:
        The number of transactions by account, and the errors of those that failed.
    """
    counts, errors = {}, []

    async def read_share(share):
        async with client_over(Network(sandbox), **settings) as client:
            share_counts, share_errors = await read(client, share)
        counts.update(share_counts)
        errors.extend(share_errors)

    async with anyio.create_task_group() as tasks:
        for number in range(clients):
            tasks.start_soon(read_share, accounts[number::clients])
    return counts, errors


async def read_all(client, accounts):
    """Read all transactions of accounts at the same time.

    Returns:
        The number of transactions by account, and the errors of those that failed.
    """
    counts, errors = {}, []

    async def read(account):
        try:
            transactions = client.transactions.list(account=account, limit=1)
            counts[account] = len([item.id async for item in transactions])
        except FinancialConnectionsError as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        for account in accounts:
            tasks.start_soon(read, account)
    return counts, errors


async def sync_all(client, accounts):
    """Sync the transactions of accounts, and return the same as `read_all`."""
    counts = dict.fromkeys(accounts, 0)
    async with client.transactions.sync_many(accounts, limit=1) as changes:
        async for batch in changes:
            counts[batch.account] += len(batch.transactions)
    for account in changes.errors:
        del counts[account]
    return counts, list(changes.errors.values())


def shortest_time(requests, rate, *changes):
    """Return the seconds that a token bucket needs to admit a number of requests.

    The bucket starts full, with one second's requests.

    Args:
        requests: Number of requests.
        rate: Requests per second.
        changes: Times at which the rate changes, in seconds, and the new rates.
    """
    remaining, now = requests - rate, 0.0
    for changed_at, new_rate in changes:
        admitted = (changed_at - now) * rate
        if admitted >= remaining:
            break
        remaining, now, rate = remaining - admitted, changed_at, new_rate
    return now + max(0.0, remaining) / rate
