"""The simulation of a fleet."""

from collections import Counter

import pytest
from attrs import evolve

from benchmarks.simulate.__main__ import main
from benchmarks.simulate.chart import draw
from benchmarks.simulate.model import Simulation
from benchmarks.simulate.settings import Settings

SMALL = Settings(accounts=400, transactions=2_000, tenants=8, failures=0, updates=4)


def run(**changes):
    return Simulation(evolve(SMALL, **changes)).run()


def test_equal_seeds_have_equal_outcomes():
    assert run() == run()
    assert run() != run(seed=1)


@pytest.mark.parametrize(
    ("transactions", "lists", "retrieves"),
    [(0, 2, 1), (100, 2, 1), (101, 4, 3), (5_000, 100, 3)],
)
def test_a_first_sync_needs_the_requests_of_a_real_one(transactions, lists, retrieves):
    outcome = run(transactions=transactions, updates=0, days=0)
    assert pytest.approx([400 * lists, 400 * retrieves]) == outcome.requests


@pytest.mark.parametrize(
    ("limits", "rate"),
    [
        ({"list_limit": 25}, 25),
        ({"list_limit": 100, "retrieve_limit": 100, "total_limit": 1_000}, 100),
        # Of 43 requests of an account, 40 are list requests and share the total limit.
        ({"list_limit": 100, "total_limit": 50}, 50 * 40 / 43),
    ],
)
def test_a_first_sync_takes_as_long_as_the_limits_demand(limits, rate):
    outcome = run(updates=0, days=0, **limits)
    fastest = 400 * 2 * 20 / rate
    # The last slices are too few to use the limit.
    assert fastest <= outcome.end <= 1.06 * fastest
    assert outcome.requests[0] / outcome.end <= rate * 1.001


def test_latency_limits_few_slices():
    outcome = run(
        updates=0, days=0, list_limit=1_000, total_limit=9e9, workers=1, concurrency=2
    )
    # 40 list and 3 retrieve requests of 0.2 s for each account, two accounts at a time.
    assert pytest.approx(400 * 43 * 0.2 / 2) == outcome.end


def test_failed_requests_are_repeated():
    once, often = run(updates=0, days=0), run(updates=0, days=0, failures=0.5)
    assert pytest.approx([2 * n for n in once.requests]) == often.requests


def test_a_higher_limit_is_never_slower():
    ends = [run(list_limit=limit, days=0).end for limit in (10, 20, 40, 60)]
    assert sorted(ends, reverse=True) == ends


def test_updates_come_before_first_syncs():
    outcome = run(accounts=2_000, bound=0, days=0.1)
    done = max(outcome.finished)
    during = [delay for at, delay in outcome.delays if at <= done and delay < 3_600]
    # An update waits for a slot, and then shares the limit with 63 other slices.
    assert len(during) > 20
    assert max(during) < 64 * 20 / 25
    queued = run(accounts=2_000, bound=400, days=0.1)
    assert max(during) < max(delay for at, delay in queued.delays if at <= done)


def test_a_lost_event_is_found_by_the_next_repeated_sync():
    outcome = run(lost=1, resync_hours=2, days=1)
    assert outcome.delays
    assert 0 < max(delay for _, delay in outcome.delays) <= 2.2 * 3_600 + 60


def test_no_update_is_forgotten():
    outcome = run(updates=20, days=3, lost=0)
    # Updates of an account that arrive together are stored together.
    assert len(outcome.delays) > 0.8 * 400 * 20 * 3
    done = max(outcome.finished)
    assert max(delay for at, delay in outcome.delays if at > done + 60) < 20


def test_small_tenants_are_not_delayed_by_large_ones():
    outcome = run(updates=0, days=0, skew=2, pages=40)
    done = {}
    for tenant, at in zip(outcome.tenants, outcome.finished, strict=True):
        done[tenant] = max(at, done.get(tenant, 0))
    smallest = max(outcome.tenants)
    sizes = Counter(outcome.tenants)
    # Within the time in which all eight tenants get as much as the smallest needs,
    # after the slices that are already running.
    share = sizes[smallest] * 8 + SMALL.slots + SMALL.bound
    assert done[smallest] <= share * 42 / 25


def test_tenants_have_all_accounts():
    for accounts, tenants in ((5, 9), (1_000, 7), (64, 64)):
        outcome = run(
            accounts=accounts, tenants=tenants, updates=0, days=0, transactions=0
        )
        sizes = Counter(outcome.tenants)
        assert accounts == sizes.total()
        assert min(accounts, tenants) == len(sizes)


def test_a_sample_has_the_outcome_of_the_whole():
    whole = Settings(accounts=8_000, transactions=2_000, tenants=10, updates=1)
    sample = evolve(
        whole,
        accounts=1_000,
        list_limit=whole.list_limit / 8,
        retrieve_limit=whole.retrieve_limit / 8,
        total_limit=whole.total_limit / 8,
        workers=1,
        concurrency=8,
        bound=12,
    )
    large, small = Simulation(whole).run(), Simulation(sample).run()
    assert max(large.finished) == pytest.approx(max(small.finished), rel=0.03)
    medians = [sorted(run.finished)[len(run.finished) // 2] for run in (large, small)]
    assert medians[0] == pytest.approx(medians[1], rel=0.05)


def test_large_fleets_are_sampled():
    settings = Settings(accounts=1_000_000, updates=0.3)
    sample, factor = settings.sample()
    assert factor > 1
    assert settings.accounts == sample.accounts * factor
    assert settings.list_limit == sample.list_limit * factor
    assert (SMALL, 1) == SMALL.sample()


def test_the_command_prints_a_report_and_draws_a_chart(tmp_path, capsys):
    path = tmp_path / "chart.svg"
    main(["--accounts", "1_000", "--transactions", "500", "--chart", str(path)])
    report = capsys.readouterr().out
    assert "1,000 accounts of 100 tenants, 500 transactions and 1 updates" in report
    assert "First sync of all accounts" in report
    assert path.read_text().startswith("<svg")


def test_a_chart_without_updates_is_drawn():
    assert "</svg>" in draw(run(updates=0, days=0))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--accounts", "0"], "accounts"),
        (["--lost", "2"], "lost"),
        (["--accounts", "2_000_000"], "the list limit is too low"),
        (["--resync-hours", "0.5"], "the retrieve limit is too low"),
    ],
)
def test_impossible_numbers_are_rejected(arguments, message, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert message in capsys.readouterr().err
