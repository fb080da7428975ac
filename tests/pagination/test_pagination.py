import copy

import anyio
import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import (
    APIConnectionError,
    InvalidArgumentError,
    Page,
    PaginationError,
)
from financial_connections.pagination import Pager


@frozen
class Item:
    id: str | None


@frozen
class ItemList:
    data: list | None
    has_more: bool | None
    url: str | None = "/v1/items"
    request_id: str | None = "req_1"

    def to_dict(self):
        return {"count": len(self.data or ())}


class Server:
    """A list, newest first, as Stripe pages it; `asked` are the requests it got."""

    def __init__(self, count, default_limit=10):
        self.ids = [f"i{n}" for n in range(count)]
        self.asked = []
        self.default_limit = default_limit

    async def __call__(self, *, limit, starting_after, ending_before, options):
        await anyio.lowlevel.checkpoint()
        self.asked.append((limit, starting_after or ending_before))
        limit = limit or self.default_limit
        if ending_before:
            end = self.ids.index(ending_before)
            start = max(0, end - limit)
            return ItemList([Item(i) for i in self.ids[start:end]], start > 0)
        start = self.ids.index(starting_after) + 1 if starting_after else 0
        return ItemList(
            [Item(i) for i in self.ids[start : start + limit]],
            start + limit < len(self.ids),
        )


def scripted(*pages):
    """A server that answers with `pages`, whatever it is asked."""
    left = list(pages)

    async def fetch(**_):
        return left.pop(0)

    return Pager(fetch)


async def ids(items):
    return [item.id async for item in items]


async def test_nothing_is_asked_before_it_is_needed():
    server = Server(5)
    pager = Pager(server)
    pager.take(3)
    pager.pages()
    pager.prefetch()
    assert [] == server.asked


async def test_awaiting_gives_the_first_page_of_the_servers_size():
    server = Server(25)
    page = await Pager(server)
    assert server.ids[:10] == [item.id for item in page.data]
    assert (True, "/v1/items", "i9", "req_1") == (
        page.has_more,
        page.url,
        page.cursor,
        page.request_id,
    )
    assert [(None, None)] == server.asked
    assert {"count": 10} == page.to_dict()


async def test_pages_lead_to_the_next_and_the_last_to_none():
    page = await Pager(Server(25))
    second = await page.next()
    third = await second.next()
    assert ["i20", "i21", "i22", "i23", "i24"] == [item.id for item in third.data]
    assert await third.next() is None
    assert second.data == (await page.next()).data


async def test_iterating_gives_every_item_and_asks_for_large_pages():
    server = Server(250)
    assert server.ids == await ids(Pager(server))
    assert [(100, None), (100, "i99"), (100, "i199")] == server.asked


async def test_a_limit_is_the_page_size():
    server = Server(7)
    assert server.ids == await ids(Pager(server, limit=3))
    assert [3, 3, 3] == [limit for limit, _ in server.asked]


async def test_a_pager_can_be_used_again():
    pager = Pager(Server(15))
    assert await ids(pager) == await ids(pager)
    assert isinstance(await pager, Page)


async def test_pages_iterates_over_pages():
    assert [4, 4, 1] == [
        len(page.data) async for page in Pager(Server(9), limit=4).pages()
    ]


async def test_walking_backwards_gives_every_newer_item_oldest_first():
    server = Server(250)
    assert server.ids[:205][::-1] == await ids(Pager(server, ending_before="i205"))
    assert [(100, "i205"), (100, "i105"), (100, "i5")] == server.asked


async def test_a_page_walked_backwards_is_newest_first_and_goes_on_from_its_first():
    page = await Pager(Server(10), ending_before="i8", limit=3)
    assert ["i5", "i6", "i7"] == [item.id for item in page.data]
    assert "i5" == page.cursor
    assert ["i2", "i3", "i4"] == [item.id for item in (await page.next()).data]


async def test_walking_can_start_in_the_middle():
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
async def test_take_fetches_no_page_it_does_not_need(count, n, requests):
    server = Server(count)
    assert server.ids[:n] == await ids(Pager(server).take(n))
    assert requests == len(server.asked)


async def test_take_asks_for_no_more_than_it_takes():
    server = Server(250)
    await ids(Pager(server).take(7))
    assert [(7, None)] == server.asked


async def test_take_backwards_takes_what_is_nearest_to_the_cursor():
    pager = Pager(Server(20), ending_before="i15", limit=4)
    assert ["i14", "i13", "i12", "i11", "i10", "i9"] == await ids(pager.take(6))


async def test_the_smaller_take_counts():
    assert 3 == len(await ids(Pager(Server(20)).take(3).take(5)))
    assert 3 == len(await ids(Pager(Server(20)).take(5).take(3)))


async def test_a_taken_page_ends_the_list():
    page = await Pager(Server(20)).take(3)
    assert (3, False) == (len(page.data), page.has_more)
    assert await page.next() is None


async def test_collect_returns_a_list_of_at_most_so_many():
    assert 12 == len(await Pager(Server(50)).collect(max_items=12))
    assert 50 == len(await Pager(Server(50)).collect(max_items=1000))


async def test_an_empty_list_is_empty():
    assert [] == await ids(Pager(Server(0)))
    assert await (await Pager(Server(0))).next() is None


async def test_an_empty_page_that_promises_more_is_an_error():
    pager = scripted(ItemList([Item("a")], has_more=True), ItemList([], has_more=True))
    with pytest.raises(PaginationError, match="empty"):
        await ids(pager)


async def test_a_last_item_without_an_id_is_an_error_once_its_page_is_consumed():
    seen = []
    with pytest.raises(PaginationError, match="no ID"):
        async for item in scripted(ItemList([Item("a"), Item(None)], has_more=True)):
            seen.append(item.id)  # noqa: PERF401
    assert ["a", None] == seen


async def test_a_cursor_that_does_not_move_is_an_error():
    same = ItemList([Item("a")], has_more=True)
    with pytest.raises(PaginationError):
        await ids(scripted(same, same, same))
    page = await (await scripted(same, same)).next()
    with pytest.raises(PaginationError):
        await page.next()


async def test_a_list_that_runs_in_circles_is_an_error():
    a, b = (ItemList([Item(name)], has_more=True) for name in "ab")
    with pytest.raises(PaginationError):
        await ids(scripted(*[a, b] * 5))


async def test_a_list_that_does_not_say_whether_it_has_more_is_walked_to_its_end():
    pages = [
        ItemList([Item("a")], has_more=None),
        ItemList([Item("b")], has_more=None),
        ItemList([], has_more=None),
    ]
    assert ["a", "b"] == await ids(scripted(*pages))


@pytest.mark.parametrize("limit", [0, 101, -1, 1.5, "5", True])
def test_a_limit_out_of_range_is_refused(limit):
    with pytest.raises(InvalidArgumentError, match="limit"):
        Pager(Server(5), limit=limit)


@pytest.mark.parametrize("cursors", [{"starting_after": ""}, {"ending_before": 5}])
def test_a_cursor_that_is_no_id_is_refused(cursors):
    with pytest.raises(InvalidArgumentError, match=next(iter(cursors))):
        Pager(Server(5), **cursors)


def test_two_cursors_are_refused():
    with pytest.raises(InvalidArgumentError, match="cannot be used together"):
        Pager(Server(5), starting_after="i1", ending_before="i3")


@pytest.mark.parametrize("n", [-1, 1.5, "5", True, None])
async def test_a_count_that_is_none_is_refused(n):
    pager = Pager(Server(5))
    with pytest.raises(InvalidArgumentError):
        pager.take(n)
    with pytest.raises(InvalidArgumentError):
        await pager.collect(max_items=n)
    with pytest.raises(InvalidArgumentError):
        pager.prefetch(pages=n or 0)


@pytest.mark.parametrize("pages", [1, 2, 5])
@pytest.mark.parametrize(
    "cursors", [{}, {"starting_after": "i33"}, {"ending_before": "i333"}]
)
async def test_prefetching_gives_the_same_items(pages, cursors):
    pager = Pager(Server(350), limit=50, **cursors)
    async with pager.prefetch(pages=pages) as items:
        assert await ids(pager) == await ids(items)


@pytest.mark.parametrize("ahead", [1, 3])
async def test_prefetching_stays_so_many_pages_ahead(ahead):
    server = Server(1000)
    async with Pager(server, limit=10).prefetch(pages=ahead) as items:
        assert "i0" == (await anext(items)).id
        await anyio.wait_all_tasks_blocked()
        assert 1 + ahead == len(server.asked)


async def test_leaving_early_ends_the_fetching():
    server = Server(1000)
    async with Pager(server, limit=10).prefetch() as items:
        await anext(items)
    asked = len(server.asked)
    await anyio.wait_all_tasks_blocked()
    assert asked == len(server.asked) <= 2


async def test_an_error_of_the_block_comes_out_as_it_is():
    with pytest.raises(ZeroDivisionError):
        async with Pager(Server(100), limit=10).prefetch() as items:
            async for item in items:
                assert item.id
                _ = 1 / 0


async def test_an_error_of_a_fetch_comes_out_where_its_page_is_due():
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


async def test_cancelling_a_block_that_prefetches_ends_it():
    async def never(**_):
        await anyio.sleep_forever()

    with anyio.move_on_after(0.01) as scope:
        async with Pager(never).prefetch() as items:
            await anext(items)
    assert scope.cancelled_caught


@pytest.mark.parametrize("iterate", [aiter, Pager.pages])
async def test_two_tasks_cannot_iterate_over_one_list_at_once(iterate):
    async def never(**_):
        await anyio.sleep_forever()

    items = iterate(Pager(never))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(items.__anext__)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(RuntimeError, match="another task"):
            await anext(items)
        tasks.cancel_scope.cancel()


async def test_breaking_off_an_iteration_leaves_nothing_to_finalise():
    async for item in Pager(Server(50), limit=5):
        if item.id == "i7":
            break


def test_a_repr_shows_no_parameter():
    assert "<Pager of Server>" == repr(Pager(Server(5), starting_after="secret"))


@given(st.integers(0, 60), st.integers(1, 13), st.integers(0, 70), st.data())
async def test_every_walk_gives_each_item_once_and_in_order(count, limit, n, data):
    server = Server(count)
    pager = Pager(server, limit=limit).take(n)
    expected = server.ids[:n]
    if count:
        cursor = data.draw(st.sampled_from([*server.ids, None]))
        place = server.ids.index(cursor) if cursor else None
        if cursor and data.draw(st.booleans()):
            pager, expected = (
                Pager(server, limit=limit, ending_before=cursor).take(n),
                server.ids[:place][::-1][:n],
            )
        elif cursor:
            pager, expected = (
                Pager(server, limit=limit, starting_after=cursor).take(n),
                server.ids[place + 1 :][:n],
            )
    assert expected == await ids(pager)
    assert expected == await ids(copy.copy(pager))


async def test_following_pages_by_hand_in_a_circle_is_an_error_too():
    a, b = (ItemList([Item(name)], has_more=True) for name in "ab")
    page = await scripted(*[a, b] * 5)
    with pytest.raises(PaginationError):
        for _ in range(9):
            page = await page.next()
    assert page.cursor == "a"


class Flaky(Server):
    """A server that fails every other time."""

    fails = False

    async def __call__(self, **place):
        self.fails = not self.fails
        if not self.fails:
            raise APIConnectionError("gone")
        return await super().__call__(**place)


async def test_a_walk_goes_on_after_a_page_that_failed():
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


async def test_a_walk_goes_on_after_a_page_that_was_cancelled():
    class Slow(Server):
        slow = True

        async def __call__(self, **place):
            if place["starting_after"] and self.slow:
                await anyio.sleep_forever()
            return await super().__call__(**place)

    server = Slow(20)
    items = aiter(Pager(server, limit=10))
    seen = [(await anext(items)).id for _ in range(10)]
    with anyio.move_on_after(0.01):
        await anext(items)
    server.slow = False
    assert server.ids == seen + await ids(items)


@pytest.mark.parametrize("checkpoints", range(12))
async def test_a_prefetched_page_is_not_lost_to_a_cancellation(checkpoints):
    """Wherever an `anext` is cancelled, the next one goes on where it was."""
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


async def test_a_prefetch_that_broke_off_does_not_look_complete():
    async def fetch(*, starting_after, **_):
        if starting_after:
            raise APIConnectionError("gone")
        return ItemList([Item("a")], has_more=True)

    async with Pager(fetch).prefetch() as items:
        assert "a" == (await anext(items)).id
        for _ in range(3):
            with pytest.raises(APIConnectionError):
                await anext(items)


async def test_an_error_of_a_block_survives_a_cancellation_from_outside():
    async def never(**_):
        await anyio.sleep_forever()

    with pytest.raises(ZeroDivisionError):
        with anyio.move_on_after(0.01):
            async with Pager(never).prefetch() as items:
                try:
                    await anext(items)
                finally:
                    _ = 1 / 0


@given(st.integers(0, 40), st.integers(1, 40))
async def test_a_loop_of_any_length_is_detected_within_a_few_rounds(before, length):
    names = [f"i{number}" for number in range(before + length)]
    following = dict(zip([None, *names], [*names, names[before]], strict=True))
    requests = []

    async def fetch(*, starting_after, **_):
        requests.append(starting_after)
        return ItemList([Item(following[starting_after])], has_more=True)

    with pytest.raises(PaginationError, match="leads back to an earlier page"):
        await ids(Pager(fetch))
    assert len(requests) <= 3 * (before + length) + 1


async def test_a_page_can_be_followed_more_than_once():
    page = await Pager(Server(30))
    second, again = await page.next(), await page.next()
    assert second.cursor == again.cursor == "i19"
    assert ["i20"] == [item.id for item in (await second.next()).data][:1]
    assert ["i20"] == [item.id for item in (await again.next()).data][:1]
