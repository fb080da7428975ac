"""Errors in background tasks and in the block around them."""

import asyncio
from contextlib import asynccontextmanager

import anyio
import pytest

from financial_connections import APIConnectionError
from financial_connections._concurrency import BackgroundTasks, fan_out
from financial_connections.models import TransactionList
from financial_connections.pagination import Pager
from tests.support.concurrency import numbers, page_of


@asynccontextmanager
async def failing_prefetch():
    async def fetch(*, starting_after, **_):
        if starting_after:
            raise APIConnectionError("gone")
        return TransactionList.from_dict(page_of(["a", "b", "c"], None))

    async with Pager(fetch).prefetch() as items:
        await anext(items)
        yield items


@asynccontextmanager
async def failing_producers():
    async def broken(number, send):
        await send(1)
        raise ZeroDivisionError("a bug")

    async with BackgroundTasks() as tasks:
        results = fan_out(tasks, numbers(3), broken, 3, "sync")
        await anext(results)
        yield results


@pytest.mark.parametrize("block", [failing_prefetch, failing_producers])
async def test_a_block_whose_tasks_failed_ends_without_an_error(block):
    async with block():
        await anyio.wait_all_tasks_blocked()


@pytest.mark.parametrize("block", [failing_prefetch, failing_producers])
async def test_an_error_in_the_block_is_never_replaced(block):
    with pytest.raises(LookupError) as caught:
        async with block():
            await anyio.wait_all_tasks_blocked()
            raise LookupError
    assert caught.value.__context__ is None


async def test_a_stop_of_iteration_in_a_task_does_not_end_the_stream():
    async def stop(number, send):
        await send(number)
        await anext(numbers(0))

    async with BackgroundTasks() as tasks:
        results = fan_out(tasks, numbers(2), stop, 1, "sync")
        assert 0 == await anext(results)
        with pytest.raises(RuntimeError, match="sync raised StopAsyncIt") as caught:
            await anext(results)
    assert isinstance(caught.value.__cause__, StopAsyncIteration)


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_no_item_is_read_after_an_error(concurrency):
    read = []

    async def items():
        for number in range(10):
            read.append(number)
            yield number

    async def fail_at_4(number, send):
        if number == 4:
            raise ZeroDivisionError
        await send(number)

    async with BackgroundTasks() as tasks:
        results = fan_out(tasks, items(), fail_at_4, concurrency, "sync")
        with pytest.raises(ZeroDivisionError):
            while True:
                await anext(results)
        await anyio.wait_all_tasks_blocked()
    assert 5 <= len(read) <= 4 + concurrency


async def test_a_producers_error_is_raised_at_each_attempt():
    async with failing_producers() as results:
        seen = []
        for _ in range(4):
            try:
                seen.append(await anext(results))
            except ZeroDivisionError as error:
                seen.append(error)
                depth = len(list(frames(error)))
    assert 1 == seen[0]
    assert seen[2] is seen[3]
    assert ZeroDivisionError is type(seen[3])
    assert depth < 5  # raising it again does not make its traceback longer


def frames(error):
    traceback = error.__traceback__
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


async def test_prefetching_continues_with_the_page_that_failed():
    failures = [2]

    async def fetch(*, starting_after, **_):
        if starting_after == "b" and failures[0]:
            failures[0] -= 1
            raise APIConnectionError("gone")
        return TransactionList.from_dict(page_of(["a", "b", "c", "d"], starting_after))

    seen = []
    async with Pager(fetch).prefetch(pages=3) as items:
        while True:
            try:
                seen.append((await anext(items)).id)
            except APIConnectionError:
                seen.append("error")
            except StopAsyncIteration:
                break
    assert ["a", "b", "error", "error", "c", "d"] == seen


async def test_a_failed_page_is_requested_again_only_on_demand():
    requests = []

    async def fetch(*, starting_after, **_):
        requests.append(starting_after)
        if starting_after:
            raise APIConnectionError("gone")
        return TransactionList.from_dict(page_of(["a", "b", "c"], None))

    async with Pager(fetch).prefetch(pages=3) as items:
        await anext(items)
        await anyio.wait_all_tasks_blocked()
        assert [None, "b"] == requests
        await anext(items)
        for count in (2, 3):
            with pytest.raises(APIConnectionError):
                await anext(items)
            await anyio.wait_all_tasks_blocked()
            assert count == len(requests)


@pytest.mark.parametrize("mistake", [SystemExit, KeyboardInterrupt, ZeroDivisionError])
async def test_every_producer_error_reaches_the_consumer(mistake):
    async def broken(number, send):
        raise mistake

    async with BackgroundTasks() as tasks:
        results = fan_out(tasks, numbers(1), broken, 1, "sync")
        with pytest.raises(mistake):
            await anext(results)


@pytest.mark.asyncio
# Before the first step of the producer's task, and after it.
@pytest.mark.parametrize("steps", [0, 1, 2])
async def test_a_cancelled_producer_raises_in_the_consumer(steps):
    """Cancelling all tasks of an event loop also cancels those of a block."""

    async def stuck(number, send):
        await anyio.sleep_forever()

    async with BackgroundTasks() as tasks:
        results = fan_out(tasks, numbers(1), stuck, 1, "sync")
        for _ in range(steps):
            await anyio.lowlevel.checkpoint()
        for task in asyncio.all_tasks():
            if "stuck" in repr(task.get_coro()) or "BackgroundTasks" in repr(
                task.get_coro()
            ):
                task.cancel()
        with pytest.raises(
            RuntimeError, match="a background task of the sync was cancelled"
        ):
            await anext(results)
