"""A large sync, with faults and a rate limit."""

import gc
import random
from collections import Counter, defaultdict

import anyio

from financial_connections.models import Transaction
from financial_connections.sandbox import Fault, RateLimits, Rules, Sandbox
from tests.support.sync.clients import client_of


class VirtualTime:
    """Time that passes only when the code sleeps, which advances the sandbox."""

    def __init__(self, sandbox, monkeypatch):
        self.sandbox = sandbox
        monkeypatch.setattr(anyio, "current_time", sandbox.clock.now)
        monkeypatch.setattr(anyio, "sleep", self.sleep)

    async def sleep(self, seconds):
        self.sandbox.advance(seconds)
        await anyio.lowlevel.checkpoint()


EACH, RATE = 500, 100


async def test_all_20_000_transactions_arrive(monkeypatch):
    await sync_with_faults(40, monkeypatch)


async def sync_with_faults(number, monkeypatch):
    """Sync accounts of 500 transactions each, while one request in twenty fails.

    Accounts that fail are synced again. Memory use must stay bounded, and requests must
    stay within the sandbox's rate limit.
    """
    sandbox = Sandbox(rules=Rules(rate_limits=RateLimits(reads=RATE)))
    accounts = [sandbox.add_account(transactions=EACH) for _ in range(number)]
    kinds = (
        "server_error",
        "unavailable",
        "bad_gateway",
        "response_lost",
        "reset",
        "truncated_json",
    )
    rng, cursors, faults = random.Random(7), dict.fromkeys(accounts), Counter()
    counted, limited, alive = defaultdict(set), [], []

    async def before(request):
        if rng.random() < 0.05:
            faults[kind := rng.choice(kinds)] += 1
            sandbox.inject(Fault(kind))

    async with client_of(
        sandbox,
        before=before,
        rate_limit=RATE,
        on_event=lambda event: limited.append(getattr(event, "status", None)),
    ) as client:
        VirtualTime(sandbox, monkeypatch)
        while cursors:
            async with client.transactions.sync_many(cursors) as changes:
                async for batch in changes:
                    counted[batch.account].update(
                        int(item.id[-15:], 16) for item in batch.transactions
                    )
                    cursors[batch.account] = batch.cursor
                    if changes.progress.batches % 25 == 0:
                        alive.append(
                            sum(
                                type(thing) is Transaction for thing in gc.get_objects()
                            )
                        )
            cursors = {account: cursors[account] for account in changes.errors}
    known = sandbox._state.platform.transactions
    assert number * EACH == len(known) == sum(map(len, counted.values()))
    assert dict.fromkeys(accounts, EACH) == {
        account: len(ids) for account, ids in counted.items()
    }
    assert (0, True) == (limited.count(429), sum(faults.values()) > number / 4)
    # The current page, and the next page of each of 16 accounts.
    assert 100 <= max(alive) <= 17 * 100
