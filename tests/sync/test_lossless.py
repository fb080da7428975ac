"""Random scripts, after which the consumer's table must equal the institution's.

One event happens at each step of a sync: transactions arrive and change, refreshes
start, succeed and fail, and the consumer crashes and resumes from its saved cursor.
"""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from financial_connections.sync import ahead, chains
from tests.support.sync.consumer import Consumer
from tests.support.sync.institutions import SandboxInstitution, UnreliableInstitution


@pytest.fixture(scope="module", params=["page by page", "reading ahead"])
def concurrency(request):
    """Let even short lists be read ahead."""
    if request.param == "page by page":
        yield 1
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ahead, "_PAGES_BEFORE", 1)
        patch.setattr(chains, "_MIN_CHAIN", 0.1)
        yield 16


def scripts(*kinds):
    # Every script may contain crashes.
    kind = st.sampled_from([*kinds, "crash"])
    return st.lists(st.tuples(kind, st.integers(0, 11)), max_size=60)


@given(
    scripts("arrive", "change", "refresh", "advance", "fail"),
    st.integers(0, 12),
    st.sampled_from([1, 2, 3, 7, 100]),
)
# The latest refresh has failed, and the cursor is inside a scan without a target.
@example(
    [("change", 0), *[("arrive", 0)] * 3, ("fail", 1), ("arrive", 0), ("crash", 0)],
    0,
    1,
)
async def test_the_table_equals_the_sandbox(concurrency, script, transactions, limit):
    institution = SandboxInstitution(transactions=transactions)
    consumer = Consumer(institution, script, concurrency=concurrency)
    await consumer.run(limit)
    assert institution.truth == consumer.table


@given(
    scripts("arrive", "arrive", "change", "refresh", "finish", "stale"),
    st.sampled_from(["created", "transacted_at", "updated"]),
    st.sampled_from([1, 2, 3, 100]),
)
# A refresh that ends between a request and its response, and one whose changes are
# visible before it has succeeded.
@example(
    [
        ("refresh", 1),
        ("arrive", 3),
        ("arrive", 1),
        ("finish", 1),
        ("refresh", 1),
        ("arrive", 2),
    ],
    "created",
    1,
)
@example(
    [("refresh", 1), ("arrive", 3), ("crash", 0), ("change", 0), ("finish", 1)],
    "transacted_at",
    1,
)
async def test_the_table_equals_an_institution_whose_lists_change(
    concurrency, script, order, limit
):
    institution = UnreliableInstitution(order)
    consumer = Consumer(institution, script, concurrency=concurrency)
    await consumer.run(limit)
    assert institution.truth == consumer.table


@pytest.mark.parametrize("order", ["created", "transacted_at", "updated"])
async def test_reading_single_pages_loses_transactions_of_the_unreliable_institution(
    order,
):
    """Reading one page of each refresh, as Stripe's example does, is not enough."""
    institution = UnreliableInstitution(order)
    institution.refresh(0)
    for number in range(9):
        institution.arrive(number)
    institution.finish(1)
    assert 9 == len(institution.truth)
    assert 3 == len(institution.page({"limit": "3"})["data"])
    assert (
        []
        == institution.page({"limit": "3", "transaction_refresh[after]": "fctxnref_0"})[
            "data"
        ]
    )
