"""Iterating over a list keeps only the current page in memory."""

import gc
from collections import Counter

import pytest

from financial_connections import Page
from financial_connections.models import Transaction, TransactionList


@pytest.fixture
def count_new_objects():
    """Return a function that counts the objects of each class created since.

    The garbage collector is disabled, so objects in cycles stay alive.
    """
    gc.collect()
    gc.disable()
    before = Counter(map(type, gc.get_objects()))
    yield lambda: Counter(map(type, gc.get_objects())) - before
    gc.enable()


@pytest.mark.parametrize("ahead", [0, 2])
async def test_items_that_are_kept_do_not_keep_their_pages(
    ahead, fc_client, fc_sandbox, count_new_objects
):
    account = fc_sandbox.add_account(transactions=500)
    pager = fc_client.transactions.list(account=account)
    if ahead:
        async with pager.prefetch(pages=ahead) as items:
            kept = await keep_one_of_each_page(items, ahead, count_new_objects)
    else:
        kept = await keep_one_of_each_page(pager, ahead, count_new_objects)
    del pager
    counts = count_new_objects()
    assert len(kept) == counts[Transaction]
    assert (0, 0) == (counts[Page], counts[TransactionList])


async def keep_one_of_each_page(items, ahead, count_new_objects):
    kept, pages, number = [], [], 0
    async for item in items:
        number += 1
        if number % 100 == 50:
            kept.append(item)
            counts = count_new_objects()
            pages.append(counts[TransactionList])
            # The current page, the next one, and those fetched ahead.
            assert pages[-1] <= 2 + ahead
            assert counts[Transaction] <= len(kept) + 100 * (2 + ahead)
    assert number == 500
    assert any(pages)
    return kept
