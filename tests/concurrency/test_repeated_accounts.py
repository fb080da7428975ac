"""Accounts that an async iterable returns again continue from the stored cursor."""

import random
from collections import Counter

import anyio

from financial_connections.transactions import Transactions
from tests.support.concurrency import (
    ACCOUNTS,
    END,
    EVERYTHING,
    SIZE,
    Api,
    Interrupter,
    by_scope,
    names_of,
)


async def pause(rng, limit):
    for _ in range(rng.randrange(limit)):
        await anyio.lowlevel.checkpoint()


async def test_a_repeated_account_continues_from_the_stored_cursor():
    """Store slowly, and cancel some waits for a batch."""
    for seed in range(200):
        await sync_repeatedly(random.Random(seed))


async def sync_repeatedly(rng):
    saved, loaded, stored = {}, Counter(), []

    async def accounts():
        for _ in range(4):
            for account in rng.sample(ACCOUNTS, 3):
                await pause(rng, 6)
                yield account

    async def load_cursor(account):
        await pause(rng, 6)
        loaded[account] += 1
        return saved.get(account)

    interrupter = Interrupter()
    async with (
        anyio.create_task_group() as tasks,
        Transactions(Api(lambda: rng.randrange(4))).sync_many(
            accounts(),
            load_cursor=load_cursor,
            concurrency=rng.randrange(1, 5),
            limit=SIZE,
        ) as changes,
    ):
        tasks.start_soon(interrupter.run)
        while True:
            with anyio.fail_after(30):
                batch = await by_scope(changes, interrupter, rng.randrange(40))
            if batch is END:
                break
            if batch is not None:
                await pause(rng, 20)
                assert saved.get(batch.account) == batch.previous
                saved[batch.account] = batch.cursor
                stored += names_of(batch)
        tasks.cancel_scope.cancel()
    assert dict.fromkeys(ACCOUNTS, 4) == loaded
    assert EVERYTHING == sorted(stored)
    assert 12 == changes.progress.accounts == changes.progress.done
    assert {} == changes._running
