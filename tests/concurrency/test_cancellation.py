"""Cancelling a read at any step never loses an item."""

import asyncio
import random
import sys
from itertools import repeat

import anyio
import pytest

from tests.support.concurrency import (
    EVERYTHING,
    NATIVE,
    SOURCES,
    Api,
    by_scope,
    by_task,
    consume,
)


@pytest.mark.parametrize("source", SOURCES)
async def test_a_cancelled_scope_loses_no_item(source):
    for steps in range(32):
        received = await consume(source, Api(lambda: 2), by_scope, repeat(steps))
        assert EVERYTHING == sorted(received), steps


@pytest.mark.asyncio
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("interrupt", NATIVE)
async def test_a_native_cancellation_loses_no_item(source, interrupt):
    for steps in range(32):
        received = await consume(source, Api(lambda: 2), interrupt, repeat(steps))
        assert EVERYTHING == sorted(received), steps


@pytest.mark.asyncio
async def test_random_cancellations_lose_no_item():
    rng = random.Random(3)

    def heartbeats():
        while True:
            yield rng.randrange(24)

    for _ in range(1_000):
        source, interrupt = rng.choice(SOURCES), rng.choice([by_scope, *NATIVE])
        received = await consume(
            source, Api(lambda: rng.randrange(5)), interrupt, heartbeats()
        )
        assert EVERYTHING == sorted(received), (source, interrupt)
    await anyio.lowlevel.checkpoint()
    assert [asyncio.current_task()] == [
        task for task in asyncio.all_tasks() if "test" in repr(task.get_coro())
    ]


@pytest.mark.skipif(
    sys.version_info < (3, 12), reason="eager tasks are new in Python 3.12"
)
@pytest.mark.asyncio
@pytest.mark.parametrize("source", SOURCES)
async def test_eager_tasks_lose_no_item(source):
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    try:
        for steps in range(12):
            received = await consume(source, Api(lambda: 1), by_task, repeat(steps))
            assert EVERYTHING == sorted(received)
    finally:
        loop.set_task_factory(None)
