"""Lists that have no cursor to continue from, or lead back to an earlier page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import PaginationError
from financial_connections.pagination import Pager
from tests.support.lists import Item, ItemList, ids, pager_of


async def test_an_empty_page_with_has_more_raises():
    pager = pager_of(ItemList([Item("a")], has_more=True), ItemList([], has_more=True))
    with pytest.raises(PaginationError, match="empty"):
        await ids(pager)


async def test_a_last_item_without_an_id_raises_after_its_page():
    seen = []
    with pytest.raises(PaginationError, match="no ID"):
        async for item in pager_of(ItemList([Item("a"), Item(None)], has_more=True)):
            seen.append(item.id)  # noqa: PERF401
    assert ["a", None] == seen


async def test_a_cursor_that_does_not_advance_raises():
    same = ItemList([Item("a")], has_more=True)
    with pytest.raises(PaginationError):
        await ids(pager_of(same, same, same))
    page = await (await pager_of(same, same)).next()
    with pytest.raises(PaginationError):
        await page.next()


async def test_a_loop_of_two_pages_raises():
    a, b = (ItemList([Item(name)], has_more=True) for name in "ab")
    with pytest.raises(PaginationError):
        await ids(pager_of(*[a, b] * 5))


async def test_a_loop_of_two_pages_raises_when_calling_next():
    a, b = (ItemList([Item(name)], has_more=True) for name in "ab")
    page = await pager_of(*[a, b] * 5)
    with pytest.raises(PaginationError):
        for _ in range(9):
            page = await page.next()
    assert page.cursor == "a"


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
