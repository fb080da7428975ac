"""No transaction is lost in larger worlds, with several million states."""

import pytest

from tests.support.sync.explore import Exploration
from tests.support.sync.world import Api, Limits
from tests.sync.test_exploration import FIXED, MOVING

READ = Api("s", (2, 1, 0), ((0, 1), (0, 1), (0, 1)))
"""Three transactions of one refresh that the consumer has synced."""


@pytest.mark.parametrize(
    ("size", "moves", "states"),
    [
        (1, FIXED, 360_541),
        (2, FIXED, 187_439),
        (1, MOVING, 2_271_770),
        (2, MOVING, 1_035_994),
    ],
)
def test_five_transactions_and_three_refreshes_lose_nothing(size, moves, states):
    # A stale read shows the state before the latest step here, and any earlier state in
    # the smaller worlds of `make test`.
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
def test_overtaken_refreshes_with_many_touches_lose_nothing(size, states):
    limits = Limits(
        transactions=4,
        refreshes=3,
        touches=2,
        moves=MOVING,
        overlap=True,
        page_size=size,
    )
    assert states == Exploration(limits, lag=1).run(READ)
