"""Leaving a block: normally, in another task, when cancelled or in a generator."""

import asyncio
import gc
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import anyio
import pytest

from financial_connections._concurrency import BackgroundTasks
from financial_connections.pagination import Pager
from financial_connections.transactions import Transactions
from tests.support.concurrency import (
    ACCOUNTS,
    Api,
    many_accounts,
    prefetch,
)

ROOT = Path(__file__).parents[2]


async def test_leaving_a_block_closes_its_iterator():
    async with Transactions(Api(lambda: 1)).sync_many(ACCOUNTS) as changes:
        await anext(changes)
    with pytest.raises(RuntimeError, match="the sync has been closed"):
        await anext(changes)
    async with Pager(Api(lambda: 1).fetch).prefetch() as items:
        pass
    with pytest.raises(RuntimeError, match="the prefetch has been closed"):
        await anext(items)


async def test_an_open_block_cannot_be_entered_again():
    for block in (
        Transactions(Api(lambda: 1)).sync_many(ACCOUNTS),
        Pager(Api(lambda: 1).fetch).prefetch(),
    ):
        async with block:
            with pytest.raises(RuntimeError, match="already open"):
                async with block:
                    raise AssertionError("it was entered")
        async with block as items:
            await anext(items)


async def wrapped(api, requests):
    """Wrap a block in an async generator in the obvious way."""
    async with many_accounts(api) as batches:
        requests.append(api)
        while True:
            yield await anext(batches)


class Counting(Api):
    def __init__(self):
        super().__init__(lambda: 1)
        self.sent = 0

    async def steps(self):
        self.sent += 1
        await super().steps()


async def test_closing_a_generator_ends_its_tasks():
    api, requests = Counting(), []
    async with aclosing(wrapped(api, requests)) as batches:
        async for _ in batches:
            break
    sent = api.sent
    await anyio.wait_all_tasks_blocked()
    assert sent == api.sent


# Trio warns about the generator.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_an_abandoned_generator_does_not_cancel_its_caller():
    api, reached = Counting(), []
    async for _ in wrapped(api, reached):
        break
    gc.collect()
    for _ in range(20):  # the event loop finalizes the generator in another task
        await anyio.lowlevel.checkpoint()
    await anyio.wait_all_tasks_blocked()
    sent = api.sent
    with anyio.CancelScope():
        await anyio.lowlevel.checkpoint()
    await anyio.wait_all_tasks_blocked()
    assert sent == api.sent
    async with many_accounts(api) as batches:  # other blocks still work
        assert await anext(batches)


@pytest.mark.parametrize("source", [many_accounts, prefetch])
async def test_a_block_can_be_exited_in_another_task(source):
    block = source(Api(lambda: 1))
    entered, exited = anyio.Event(), anyio.Event()

    async def enter():
        items = await block.__aenter__()
        await anext(items)
        entered.set()
        await exited.wait()
        await anyio.lowlevel.checkpoint()  # this task is not cancelled

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(enter)
        await entered.wait()
        await block.__aexit__(None, None, None)
        exited.set()


async def slow_to_end():
    """Take several event loop iterations to end."""
    try:
        await anyio.sleep_forever()
    finally:
        with anyio.CancelScope(shield=True):
            for _ in range(5):
                await anyio.lowlevel.checkpoint()


async def test_a_task_that_is_started_while_the_block_ends_is_cancelled():
    ended = []

    async def start_another():
        try:
            await anyio.sleep_forever()
        finally:
            tasks.start(anyio.sleep_forever, ended.append)

    async with BackgroundTasks() as tasks:
        tasks.start(start_another, ended.append)
        await anyio.wait_all_tasks_blocked()
    assert [None, None] == ended


@pytest.mark.asyncio
async def test_a_native_cancellation_is_raised_after_the_tasks_have_ended():
    ended = []

    async def block():
        async with BackgroundTasks() as tasks:
            tasks.start(slow_to_end, ended.append)
            await anyio.lowlevel.checkpoint()

    task = asyncio.create_task(block())
    for _ in range(4):
        await anyio.lowlevel.checkpoint()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [None] == ended


@pytest.mark.asyncio
@pytest.mark.parametrize("source", [many_accounts, prefetch])
async def test_a_block_whose_tasks_were_cancelled_before_they_began_can_end(source):
    """Cancel the tasks as `asyncio.run` does when it is interrupted."""
    async with source(Api(lambda: 1)) as items:
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if "BackgroundTasks" in repr(task.get_coro()):
                task.cancel()
        with pytest.raises(RuntimeError, match="was cancelled"):
            await anext(items)


@pytest.mark.asyncio
async def test_an_error_in_the_block_defers_a_cancellation_to_the_next_await():
    seen = []

    async def block():
        try:
            async with BackgroundTasks() as tasks:
                tasks.start(slow_to_end, lambda _: None)
                await anyio.lowlevel.checkpoint()
                {}["the block's own"]
        except LookupError:
            seen.append("the error first")
            await asyncio.sleep(0)
            seen.append("not reached")

    task = asyncio.create_task(block())
    for _ in range(4):
        await anyio.lowlevel.checkpoint()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ["the error first"] == seen
    assert 1 == task.cancelling()


PROGRAM = """
import sys
import anyio
sys.path[:0] = {paths!r}
from tests.support.concurrency import ACCOUNTS, Api, Transactions

async def wrapped():
    async with Transactions(Api(lambda: 1)).sync_many(ACCOUNTS) as changes:
        async for batch in changes:
            yield batch

async def main():
    generator = wrapped()
    await anext(generator)
    main.kept = generator  # open until the event loop ends

anyio.run(main, backend={backend!r})
"""


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_generator_open_at_the_end_of_the_event_loop_prints_nothing(backend):
    program = PROGRAM.format(backend=backend, paths=[path for path in sys.path if path])
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
