"""No transaction is lost in any small world.

Each world is explored completely: every interleaving of changes in the API with the
requests of a consumer that may sync at any time, and one fault at any step. In every
state without a running sync, all changes stop and one complete sync runs, after which
the consumer's table must equal the institution's. The tests assert the number of
states, so they fail if a change explores fewer. `make soak` explores larger worlds.
"""

import pytest

from financial_connections.sync.scan import Scans
from tests.support.sync.explore import CRASH, STALE, Exploration, LostError
from tests.support.sync.world import Api, Limits
from tests.support.sync.wrong import (
    EarlyBase,
    EitherVersion,
    FirstDraft,
    NoAccountCheck,
    OnePass,
)

FIXED, MOVING = False, True
"""Lists in order of creation, and lists in which touched transactions move."""

READ = Api("s", (1, 0), ((0, 1), (0, 1)))
"""Two transactions from one refresh, which the consumer has already synced."""


@pytest.mark.parametrize(
    ("size", "moves", "states"),
    [(1, FIXED, 40_480), (2, FIXED, 19_145), (1, MOVING, 85_371), (2, MOVING, 34_553)],
)
def test_the_first_and_later_syncs_lose_nothing(size, moves, states):
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
def test_later_syncs_lose_nothing(size, moves, states):
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
def test_overtaken_refreshes_lose_nothing(size, states):
    limits = Limits(
        transactions=3, refreshes=3, touches=1, moves=True, overlap=True, page_size=size
    )
    assert states == Exploration(limits).run(READ)


@pytest.mark.parametrize(
    ("plan", "fault", "moves", "overlap"),
    [
        (FirstDraft, (), MOVING, False),  # a page ends at a transaction that moves
        (FirstDraft, (CRASH,), MOVING, False),
        (FirstDraft, (STALE,), FIXED, False),
        (OnePass, (STALE,), FIXED, False),
        (NoAccountCheck, (), MOVING, False),
        (EarlyBase, (), FIXED, True),
        (EitherVersion, (STALE,), FIXED, False),
    ],
)
def test_exploration_finds_the_losses_of_wrong_algorithms(plan, fault, moves, overlap):
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
