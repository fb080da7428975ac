"""Pagers and their pages."""

import copy

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import (
    APIConnectionError,
    InvalidArgumentError,
    Page,
)
from financial_connections.pagination import Pager
from tests.support.lists import Item, ItemList, Server, ids, pager_of


async def test_creating_a_pager_sends_nothing():
    server = Server(5)
    pager = Pager(server)
    pager.take(3)
    pager.pages()
    pager.prefetch()
    assert [] == server.requests


async def test_awaiting_returns_the_first_page_with_the_default_size():
    server = Server(25)
    page = await Pager(server)
    assert server.ids[:10] == [item.id for item in page.data]
    assert (True, "/v1/items", "i9", "req_1") == (
        page.has_more,
        page.url,
        page.cursor,
        page.request_id,
    )
    assert [(None, None)] == server.requests
    assert {"count": 10} == page.to_dict()


async def test_a_page_is_a_sequence_of_its_items():
    page = await Pager(Server(25)).take(12)
    last = await page.next()
    assert list(page) == page.data
    assert (10, 2) == (len(page), len(last))
    assert ("i0", "i9") == (page[0].id, page[-1].id)
    assert ["i10", "i11"] == [item.id for item in last[:5]]
    with pytest.raises(IndexError):
        last[2]


async def test_the_repr_of_a_page_counts_its_items():
    first = await Pager(Server(11))
    assert "Page(10 items, has_more=True)" == repr(first)
    assert "Page(1 item, has_more=False)" == repr(await first.next())


@pytest.mark.parametrize("use", [list, iter, set, dict])
def test_iterating_over_a_pager_without_async_is_an_error_with_advice(use):
    with pytest.raises(TypeError, match="`async for item in pager`"):
        use(Pager(Server(1)))


async def test_next_returns_the_next_page_and_none_after_the_last():
    page = await Pager(Server(25))
    second = await page.next()
    third = await second.next()
    assert ["i20", "i21", "i22", "i23", "i24"] == [item.id for item in third.data]
    assert await third.next() is None
    assert second.data == (await page.next()).data


async def test_next_can_be_called_more_than_once():
    page = await Pager(Server(30))
    second, again = await page.next(), await page.next()
    assert second.cursor == again.cursor == "i19"
    assert ["i20"] == [item.id for item in (await second.next()).data][:1]
    assert ["i20"] == [item.id for item in (await again.next()).data][:1]


async def test_iterating_yields_every_item_and_requests_large_pages():
    server = Server(250)
    assert server.ids == await ids(Pager(server))
    assert [(100, None), (100, "i99"), (100, "i199")] == server.requests


async def test_limit_is_the_page_size():
    server = Server(7)
    assert server.ids == await ids(Pager(server, limit=3))
    assert [3, 3, 3] == [limit for limit, _ in server.requests]


async def test_a_pager_can_be_used_again():
    pager = Pager(Server(15))
    assert await ids(pager) == await ids(pager)
    assert isinstance(await pager, Page)


async def test_pages_yields_pages():
    assert [4, 4, 1] == [
        len(page.data) async for page in Pager(Server(9), limit=4).pages()
    ]


async def test_iterating_backwards_yields_newer_items_oldest_first():
    server = Server(250)
    assert server.ids[:205][::-1] == await ids(Pager(server, ending_before="i205"))
    assert [(100, "i205"), (100, "i105"), (100, "i5")] == server.requests


async def test_a_backward_page_is_newest_first_and_continues_from_its_first_item():
    page = await Pager(Server(10), ending_before="i8", limit=3)
    assert ["i5", "i6", "i7"] == [item.id for item in page.data]
    assert "i5" == page.cursor
    assert ["i2", "i3", "i4"] == [item.id for item in (await page.next()).data]


async def test_iterating_can_start_in_the_middle():
    assert ["i3", "i4"] == await ids(Pager(Server(5), starting_after="i2"))


@pytest.mark.parametrize(
    ("count", "n", "requests"),
    [
        (250, 0, 0),
        (250, 1, 1),
        (250, 100, 1),
        (250, 101, 2),
        (250, 250, 3),
        (50, 99, 1),
        (0, 5, 1),
    ],
)
async def test_take_requests_no_unneeded_page(count, n, requests):
    server = Server(count)
    assert server.ids[:n] == await ids(Pager(server).take(n))
    assert requests == len(server.requests)


async def test_take_requests_no_more_items_than_it_returns():
    server = Server(250)
    await ids(Pager(server).take(7))
    assert [(7, None)] == server.requests


async def test_take_backwards_returns_the_items_nearest_to_the_cursor():
    pager = Pager(Server(20), ending_before="i15", limit=4)
    assert ["i14", "i13", "i12", "i11", "i10", "i9"] == await ids(pager.take(6))


async def test_the_smaller_of_two_takes_applies():
    assert 3 == len(await ids(Pager(Server(20)).take(3).take(5)))
    assert 3 == len(await ids(Pager(Server(20)).take(5).take(3)))


async def test_a_page_cut_by_take_is_the_last():
    page = await Pager(Server(20)).take(3)
    assert (3, False) == (len(page.data), page.has_more)
    assert await page.next() is None


async def test_collect_returns_at_most_max_items():
    assert 12 == len(await Pager(Server(50)).collect(max_items=12))
    assert 50 == len(await Pager(Server(50)).collect(max_items=1000))


async def test_an_empty_list_yields_nothing():
    assert [] == await ids(Pager(Server(0)))
    assert await (await Pager(Server(0))).next() is None


async def test_a_list_without_has_more_ends_with_an_empty_page():
    pages = [
        ItemList([Item("a")], has_more=None),
        ItemList([Item("b")], has_more=None),
        ItemList([], has_more=None),
    ]
    assert ["a", "b"] == await ids(pager_of(*pages))


@pytest.mark.parametrize("limit", [0, 101, -1, 1.5, "5", True])
def test_a_limit_out_of_range_is_rejected(limit):
    with pytest.raises(InvalidArgumentError, match="limit"):
        Pager(Server(5), limit=limit)


@pytest.mark.parametrize("cursors", [{"starting_after": ""}, {"ending_before": 5}])
def test_a_cursor_that_is_not_an_id_is_rejected(cursors):
    with pytest.raises(InvalidArgumentError, match=next(iter(cursors))):
        Pager(Server(5), **cursors)


def test_two_cursors_are_rejected():
    with pytest.raises(InvalidArgumentError, match="cannot be used together"):
        Pager(Server(5), starting_after="i1", ending_before="i3")


@pytest.mark.parametrize("n", [-1, 1.5, "5", True, None])
async def test_an_invalid_count_is_rejected(n):
    pager = Pager(Server(5))
    with pytest.raises(InvalidArgumentError):
        pager.take(n)
    with pytest.raises(InvalidArgumentError):
        await pager.collect(max_items=n)
    with pytest.raises(InvalidArgumentError):
        pager.prefetch(pages=n or 0)


@pytest.mark.parametrize("iterate", [aiter, Pager.pages])
async def test_two_tasks_cannot_share_an_iterator(iterate):
    async def never(**_):
        await anyio.sleep_forever()

    items = iterate(Pager(never))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(items.__anext__)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(RuntimeError, match="another task"):
            await anext(items)
        tasks.cancel_scope.cancel()


async def test_an_abandoned_iteration_leaves_nothing_to_finalize():
    async for item in Pager(Server(50), limit=5):
        if item.id == "i7":
            break


def test_a_repr_shows_no_parameter():
    assert "<Pager of Server>" == repr(Pager(Server(5), starting_after="secret"))


@given(st.integers(0, 60), st.integers(1, 13), st.integers(0, 70), st.data())
async def test_every_iteration_yields_each_item_once_and_in_order(
    count, limit, n, data
):
    server = Server(count)
    pager = Pager(server, limit=limit).take(n)
    expected = server.ids[:n]
    if count:
        cursor = data.draw(st.sampled_from([*server.ids, None]))
        index = server.ids.index(cursor) if cursor else None
        if cursor and data.draw(st.booleans()):
            pager, expected = (
                Pager(server, limit=limit, ending_before=cursor).take(n),
                server.ids[:index][::-1][:n],
            )
        elif cursor:
            pager, expected = (
                Pager(server, limit=limit, starting_after=cursor).take(n),
                server.ids[index + 1 :][:n],
            )
    assert expected == await ids(pager)
    assert expected == await ids(copy.copy(pager))


class Flaky(Server):
    """A server that fails every other request."""

    fails = False

    async def __call__(self, **position):
        self.fails = not self.fails
        if not self.fails:
            raise APIConnectionError("gone")
        return await super().__call__(**position)


async def test_iterating_continues_after_an_error():
    server, seen = Flaky(50), []
    items = aiter(Pager(server, limit=10))
    for _ in range(100):
        try:
            seen.append((await anext(items)).id)
        except APIConnectionError:
            continue
        except StopAsyncIteration:
            break
    assert server.ids == seen


async def test_iterating_continues_after_a_cancellation():
    class Slow(Server):
        slow = True

        async def __call__(self, **position):
            if position["starting_after"] and self.slow:
                await anyio.sleep_forever()
            return await super().__call__(**position)

    server = Slow(20)
    items = aiter(Pager(server, limit=10))
    seen = [(await anext(items)).id for _ in range(10)]
    with anyio.move_on_after(0.01):
        await anext(items)
    server.slow = False
    assert server.ids == seen + await ids(items)
