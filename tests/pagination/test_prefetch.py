"""Pages that are fetched while others are processed."""

import anyio
import pytest

from financial_connections import APIConnectionError
from financial_connections.pagination import Pager
from tests.support.lists import Item, ItemList, Server, ids


@pytest.mark.parametrize("pages", [1, 2, 5])
@pytest.mark.parametrize(
    "cursors", [{}, {"starting_after": "i33"}, {"ending_before": "i333"}]
)
async def test_prefetching_yields_the_same_items(pages, cursors):
    pager = Pager(Server(350), limit=50, **cursors)
    async with pager.prefetch(pages=pages) as items:
        assert await ids(pager) == await ids(items)


@pytest.mark.parametrize("ahead", [1, 3])
async def test_prefetching_stays_the_given_number_of_pages_ahead(ahead):
    server = Server(1000)
    async with Pager(server, limit=10).prefetch(pages=ahead) as items:
        assert "i0" == (await anext(items)).id
        await anyio.wait_all_tasks_blocked()
        assert 1 + ahead == len(server.requests)


async def test_leaving_the_block_stops_fetching():
    server = Server(1000)
    async with Pager(server, limit=10).prefetch() as items:
        await anext(items)
    requests = len(server.requests)
    await anyio.wait_all_tasks_blocked()
    assert requests == len(server.requests) <= 2


async def test_an_error_in_the_block_is_raised_unchanged():
    with pytest.raises(ZeroDivisionError):
        async with Pager(Server(100), limit=10).prefetch() as items:
            async for item in items:
                assert item.id
                _ = 1 / 0


async def test_a_fetch_error_is_raised_where_its_page_is_due():
    async def fetch(*, starting_after, **_):
        if starting_after:
            raise APIConnectionError("gone")
        return ItemList([Item("a"), Item("b")], has_more=True)

    seen = []
    with pytest.raises(APIConnectionError, match="gone"):
        async with Pager(fetch).prefetch() as items:
            async for item in items:
                seen.append(item.id)  # noqa: PERF401
    assert ["a", "b"] == seen


async def test_a_prefetching_block_can_be_cancelled():
    async def never(**_):
        await anyio.sleep_forever()

    with anyio.move_on_after(0.01) as scope:
        async with Pager(never).prefetch() as items:
            await anext(items)
    assert scope.cancelled_caught


@pytest.mark.parametrize("checkpoints", range(12))
async def test_cancelling_loses_no_prefetched_page(checkpoints):
    server, seen, ends = Server(30), [], []

    async def consume(items):
        try:
            seen.append((await anext(items)).id)
        except StopAsyncIteration:
            ends.append(True)

    async with Pager(server, limit=1).prefetch() as items:
        while not ends:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(consume, items)
                for _ in range(checkpoints):
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()
            await consume(items)
    assert server.ids == seen


async def test_a_failed_prefetch_raises_at_each_attempt():
    async def fetch(*, starting_after, **_):
        if starting_after:
            raise APIConnectionError("gone")
        return ItemList([Item("a")], has_more=True)

    async with Pager(fetch).prefetch() as items:
        assert "a" == (await anext(items)).id
        for _ in range(3):
            with pytest.raises(APIConnectionError):
                await anext(items)


async def test_an_error_in_the_block_outlasts_a_cancellation():
    async def never(**_):
        await anyio.sleep_forever()

    with pytest.raises(ZeroDivisionError):
        with anyio.move_on_after(0.01):
            async with Pager(never).prefetch() as items:
                try:
                    await anext(items)
                finally:
                    _ = 1 / 0
