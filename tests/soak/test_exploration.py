"""No transaction is lost in larger worlds, with several million states."""

import pytest

from tests.support.sync.explore import STALE, Exploration, LostError
from tests.support.sync.explore_ahead import ExplorationAhead
from tests.support.sync.world import Api, Limits
from tests.support.sync.wrong import OneAccountCheck
from tests.sync.test_exploration import FIXED, MOVING
from tests.sync.test_exploration_ahead import world

READ = Api("s", (2, 1, 0), ((0, 1), (0, 1), (0, 1)))
"""An API with three transactions of one refresh, which the consumer has synced."""


@pytest.mark.parametrize(
    ("size", "moves", "states"),
    [
        (1, FIXED, 360_541),
        (2, FIXED, 187_439),
        (1, MOVING, 2_271_770),
        (2, MOVING, 1_035_994),
    ],
)
def test_nothing_is_lost_with_five_transactions_and_three_refreshes(
    size, moves, states
):
    # Here, a stale read returns the state before the latest step. In the smaller worlds
    # of `make test`, it can return any earlier state.
    limits = Limits(
        transactions=5,
        refreshes=3,
        touches=2,
        moves=moves,
        overlap=False,
        page_size=size,
    )
    assert states == Exploration(limits, lag=1).run(READ)


@pytest.mark.parametrize(("size", "states"), [(1, 4_372_746), (2, 2_144_376)])
def test_nothing_is_lost_with_overtaken_refreshes_and_many_touches(size, states):
    limits = Limits(
        transactions=4,
        refreshes=3,
        touches=2,
        moves=MOVING,
        overlap=True,
        page_size=size,
    )
    assert states == Exploration(limits, lag=1).run(READ)


def test_a_first_sync_loses_nothing_if_both_passes_and_the_account_are_disturbed():
    limits = Limits(
        transactions=3, refreshes=2, touches=3, moves=MOVING, overlap=False, page_size=1
    )
    with pytest.raises(LostError, match="is missing after"):
        Exploration(limits, OneAccountCheck, (STALE,)).run()
    assert 2_714_232 == Exploration(limits, faults=(STALE,)).run()


@pytest.mark.parametrize(("moves", "states"), [(FIXED, 79_317), (MOVING, 173_226)])
def test_a_first_sync_of_single_transactions_that_reads_ahead_loses_nothing(
    moves, states
):
    assert states == ExplorationAhead(world(3, 1, moves)).run()
