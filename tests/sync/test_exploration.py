"""Nothing is lost in any world of a small size.

Each world is explored completely: every interleaving of what the API does with every
read of a consumer that syncs as often as it likes, and one fault at any step. In every
state in which no sync runs, the API then becomes quiet, one complete sync runs, and the
consumer's table must equal the institution's. The numbers of states are asserted so
that a change that explores less does not go unnoticed. `make soak` explores larger
worlds."""

import pytest

from financial_connections.sync.scan import Scans
from tests.support.sync.explore import CRASH, STALE, Exploration, LostError
from tests.support.sync.world import Api, Limits
from tests.support.sync.wrong import (
    EitherVersion,
    MovesAtOnce,
    NoSecondLook,
    OnePass,
    Walks,
)

FIXED, MOVING = False, True
"""Lists in the order of creation, and in an order in which touched transactions move.
"""

READ = Api("s", (1, 0), ((0, 1), (0, 1)))
"""Two transactions of one refresh, which the consumer has read."""


@pytest.mark.parametrize(
    ("size", "moves", "states"),
    [(1, FIXED, 38_459), (2, FIXED, 18_384), (1, MOVING, 81_290), (2, MOVING, 33_177)],
)
def test_nothing_is_lost_from_the_first_sync_on(size, moves, states):
    limits = Limits(
        transactions=3,
        refreshes=2,
        touches=2,
        moves=moves,
        overlap=False,
        page_size=size,
    )
    assert states == Exploration(limits).run()


@pytest.mark.parametrize(
    ("size", "moves", "states"),
    [(1, FIXED, 8_311), (2, FIXED, 4_411), (1, MOVING, 16_224), (2, MOVING, 8_921)],
)
def test_nothing_is_lost_by_later_syncs(size, moves, states):
    limits = Limits(
        transactions=4,
        refreshes=3,
        touches=1,
        moves=moves,
        overlap=False,
        page_size=size,
    )
    assert states == Exploration(limits).run(READ)


@pytest.mark.parametrize(("size", "states"), [(1, 33_153), (2, 21_059)])
def test_nothing_is_lost_when_a_refresh_is_overtaken(size, states):
    limits = Limits(
        transactions=3, refreshes=3, touches=1, moves=True, overlap=True, page_size=size
    )
    assert states == Exploration(limits).run(READ)


# -- what the exploration is good for --------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "fault", "moves", "overlap"),
    [
        (Walks, (), MOVING, False),  # a page is cut at a transaction that moves
        (Walks, (CRASH,), MOVING, False),
        (Walks, (STALE,), FIXED, False),
        (OnePass, (STALE,), FIXED, False),
        (NoSecondLook, (), MOVING, False),
        (MovesAtOnce, (), FIXED, True),
        (EitherVersion, (STALE,), FIXED, False),
    ],
)
def test_algorithms_that_lose_transactions_are_refuted(plan, fault, moves, overlap):
    limits = Limits(
        transactions=3,
        refreshes=3,
        touches=2,
        moves=moves,
        overlap=overlap,
        page_size=1,
    )
    start = READ if overlap else None
    with pytest.raises(LostError, match="is missing after"):
        Exploration(limits, plan, fault).run(start)
    small = Limits(
        transactions=3,
        refreshes=2 + overlap,
        touches=1,
        moves=moves,
        overlap=overlap,
        page_size=1,
    )
    Exploration(small, Scans, fault).run(start)
