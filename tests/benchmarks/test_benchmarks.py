"""What is pure in the benchmarks. `make soak` runs them. No time is asserted."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.bodies import account_body, account_id, page_body, transaction_id
from benchmarks.chart import ratios_chart
from benchmarks.contenders import ENTRIES, OFFICIAL, OURS
from benchmarks.figures import Summary, ratios, summary, times
from benchmarks.goals import GOALS, Goal
from benchmarks.growth import growth_chart
from benchmarks.report import report
from benchmarks.results import document
from benchmarks.running import Cell
from benchmarks.server import answer
from benchmarks.worker import MEASURES
from benchmarks.workloads import DECODE, WORKLOADS

ROOT = Path(__file__).parents[2]
ABOUT = {
    "date": "2023-10-16",
    "rounds": 3,
    "quick": True,
    "machine": {
        "python": "CPython 3.11",
        "system": "Linux",
        "processor": "a chip",
        "cores": 2,
    },
    "versions": {"stripe": "16"},
    "load": {"before": 0.1, "after": 1.2},
}


def results_of(figure=2.0, **cells):
    """Results in which every cell has the same figure, but for those of the decode
    workload that are given.
    """
    tables = {
        one.name: {name: Cell([figure, figure, figure]) for name in one.cells}
        for one in WORKLOADS
    }
    tables["decode"].update(cells)
    return document(tables, about=ABOUT)


def test_a_summary_is_the_median_and_the_quartiles():
    assert Summary(3, 2, 4) == summary([5, 1, 4, 2, 3])
    assert Summary(7, 7, 7) == summary([7])


def test_ratios_are_taken_round_by_round():
    assert [2, 3] == ratios([4, 9], [2, 3])
    with pytest.raises(ValueError, match="argument 2"):
        ratios([1, 2], [1])


@pytest.mark.parametrize(
    ("value", "said"), [(0.8514, "0.851"), (1.634, "1.6"), (31.4, "31"), (104.2, "104")]
)
def test_a_ratio_is_said_in_few_digits(value, said):
    assert said == times(value)


def test_pages_hold_every_transaction_once():
    account = account_id(items=250)
    first = json.loads(page_body(account, 100, None))
    last = json.loads(page_body(account, 100, transaction_id(account, 199)))

    assert [transaction_id(account, index) for index in range(100)] == [
        item["id"] for item in first["data"]
    ]
    assert [transaction_id(account, index) for index in range(200, 250)] == [
        item["id"] for item in last["data"]
    ]
    assert (True, False) == (first["has_more"], last["has_more"])
    assert page_body(account, 100, None) == json.dumps(first, indent=2).encode()


def test_the_server_answers_what_is_asked():
    listed = f"/v1/financial_connections/transactions?account={account_id(items=3, latency_ms=80)}&limit=2"
    status, body, seconds = answer(listed)

    assert (b"200 OK", 2, 0.08) == (status, len(json.loads(body)["data"]), seconds)
    assert (b"200 OK", account_body("fca_é"), 0) == answer(
        "/v1/financial_connections/accounts/fca_é"
    )
    assert b"404 Not Found" == answer("/v1/charges")[0]


def test_workloads_and_goals_name_what_there_is():
    cells = {one.name: set(one.cells) for one in WORKLOADS}

    assert len(WORKLOADS) == len(cells)
    assert set() == {one.measure for one in WORKLOADS} - set(MEASURES)
    assert set() == {
        task["contender"]
        for one in WORKLOADS
        for task in one.tasks(quick=True).values()
    } - {
        *ENTRIES,
        "bound",
    }
    for goal in GOALS:
        assert {goal.ours, goal.against or goal.ours} <= cells[goal.workload]
        assert (goal.at_least is None) != (goal.at_most is None)


@pytest.mark.parametrize(
    ("goal", "ours", "theirs", "reached", "met"),
    [
        (Goal("decode", OURS, OFFICIAL, at_least=25), 2, 60, 30, True),
        (Goal("stream", OURS, OFFICIAL, at_least=7), 600, 100, 6, False),
        (Goal("kept", OURS, OFFICIAL, at_most=1 / 3), 300, 1000, 0.3, True),
        (Goal("size", OURS, None, at_most=1.5), 2, None, 2, False),
    ],
)
def test_a_goal_knows_which_way_is_better(goal, ours, theirs, reached, met):
    found = goal.reached({OURS: Cell([ours]), OFFICIAL: Cell([theirs])})

    assert Summary(reached, reached, reached) == found
    assert met == goal.met(found.median)


def test_results_keep_every_round_and_say_what_was_met():
    results = results_of(ours=Cell([1.0, 2.0, 3.0]), stripe=Cell([60.0, 60.0, 60.0]))
    goal = results["goals"][0]

    assert [1.0, 2.0, 3.0] == results["workloads"]["decode"]["cells"]["ours"]["rounds"]
    assert (30.0, True) == (goal["reached"]["median"], goal["met"])
    assert results == json.loads(json.dumps(results))


def test_the_page_has_the_ratios_first_and_every_workload():
    page = report(results_of())

    assert page.index("| target |") < page.index("## Figures")
    assert [] == [one.title for one in WORKLOADS if f"### {one.title}\n" not in page]


def test_a_contender_that_failed_is_shown_and_not_hidden():
    results = results_of(stripe=Cell(error="WorkerError: boom | bang"))
    page = report(results)

    assert "| official SDK on httpx | failed: WorkerError: boom / bang | |" in page
    assert "| not measured |" in page
    assert not results["goals"][0]["met"]
    ET.fromstring(ratios_chart(results))


@pytest.mark.parametrize("chart", [ratios_chart, growth_chart])
def test_a_chart_is_a_picture(chart):
    picture = ET.fromstring(chart(results_of()))

    assert "{http://www.w3.org/2000/svg}svg" == picture.tag
    assert len(picture.findall(".//{*}circle")) > 10


def test_one_workload_alone_is_enough_for_the_page_and_the_charts():
    results = document(
        {DECODE.name: {name: Cell([1.0]) for name in DECODE.cells}}, about=ABOUT
    )

    assert DECODE.title in report(results)
    ET.fromstring(ratios_chart(results))
    ET.fromstring(growth_chart(results))
