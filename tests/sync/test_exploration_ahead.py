"""No transaction is lost in any state of small worlds if pages are read ahead."""

import pytest

from financial_connections.sync.scan import Scans
from tests.support.sync.explore import CRASH, STALE, LostError
from tests.support.sync.explore_ahead import ExplorationAhead
from tests.support.sync.world import Limits
from tests.support.sync.wrong import EitherVersion, OneAccountCheck, OnePass
from tests.sync.test_exploration import FIXED, MOVING


def world(transactions, size, moves):
    return Limits(
        transactions=transactions,
        refreshes=2,
        touches=2,
        moves=moves,
        overlap=False,
        page_size=size,
    )


@pytest.mark.parametrize(
    ("transactions", "size", "moves", "states"),
    [
        (2, 1, FIXED, 38_639),
        (2, 1, MOVING, 90_048),
        (3, 2, FIXED, 27_480),
        (3, 2, MOVING, 53_331),
    ],
)
def test_a_first_sync_that_reads_ahead_loses_nothing(transactions, size, moves, states):
    limits = world(transactions, size, moves)
    assert states == ExplorationAhead(limits).run()


@pytest.mark.parametrize(
    ("plan", "fault"),
    [
        (OnePass, STALE),
        # Both passes have a gap, and the account is out of date afterwards.
        (OneAccountCheck, STALE),
        (EitherVersion, STALE),
    ],
)
def test_exploration_finds_the_losses_of_wrong_algorithms(plan, fault):
    limits = world(2, 1, MOVING)
    with pytest.raises(LostError, match="is missing after"):
        ExplorationAhead(limits, plan=plan, faults=(fault,)).run()
    ExplorationAhead(world(2, 2, MOVING), plan=Scans, faults=(CRASH,)).run()
