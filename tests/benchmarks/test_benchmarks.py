"""Data, server and report of the benchmarks; tests/soak runs the benchmarks."""
# ruff: noqa: RUF001 - the multiplication sign is intentional

import json
import re
from pathlib import Path

import pytest

from benchmarks import chart, measures, report
from benchmarks.clients import OFFICIAL, TITLES
from benchmarks.runner import Result
from benchmarks.server import (
    account_body,
    account_id,
    page_body,
    respond,
    transaction_id,
)
from benchmarks.workloads import WORKLOADS, Target, Workload

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
DECODE = WORKLOADS[0]


def results_of(figure=2.0):
    """Return results with the same figures for every client of every workload."""
    return {
        workload.name: {client: Result([figure] * 3) for client in workload.clients}
        for workload in WORKLOADS
    }


def test_ratios_are_computed_round_by_round():
    assert [2, 3] == report.ratios(Result([4, 9]), Result([2, 3]))
    with pytest.raises(ValueError, match="argument 2"):
        report.ratios(Result([1, 2]), Result([1]))


@pytest.mark.parametrize(
    ("figures", "cells"),
    [([5, 1, 4, 2, 3], "3.0× | 2.0 … 4.0"), ([7], "7.0× | 7.0 … 7.0")],
)
def test_figures_are_shown_as_median_and_quartiles(figures, cells):
    assert cells == report.format_figures(figures, ".1f", "×")


def test_pages_contain_every_transaction_once():
    account = account_id(items=250)
    first = json.loads(page_body(account, 100, None))
    last = json.loads(page_body(account, 100, transaction_id(account, 199)))
    assert [transaction_id(account, index) for index in range(100)] == [
        item["id"] for item in first["data"]
    ]
    assert [transaction_id(account, index) for index in range(200, 250)] == [
        item["id"] for item in last["data"]
    ]
    assert {account} == {item["account"] for item in first["data"]}
    assert (True, False) == (first["has_more"], last["has_more"])
    assert page_body(account, 100, None) == json.dumps(first, indent=2).encode()


def test_the_server_returns_what_is_requested():
    root = "/v1/financial_connections"
    account = account_id(items=3, latency_ms=80)
    response, delay = respond(f"{root}/transactions?account={account}&limit=2")
    head, _, body = response.partition(b"\r\n\r\n")
    assert 0.08 == delay
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Length: %d\r\n" % len(body) in head
    assert 2 == len(json.loads(body)["data"])

    response, delay = respond(f"{root}/accounts/fca_é")
    assert (account_body("fca_é"), 0) == (response.partition(b"\r\n\r\n")[2], delay)
    assert "fca_é" == json.loads(account_body("fca_é"))["id"]
    assert respond("/v1/charges")[0].startswith(b"HTTP/1.1 404")


def test_workloads_and_targets_use_known_names():
    names = [workload.name for workload in WORKLOADS]
    assert len(set(names)) == len(names)
    for workload in WORKLOADS:
        assert callable(getattr(measures, workload.measure))
        assert TITLES.keys() >= set(workload.clients)
        for target in workload.targets:
            others = {target.client, target.other or target.client}
            assert others <= set(workload.clients)
            assert (target.at_least is None) != (target.at_most is None)


@pytest.mark.parametrize(
    ("target", "ours", "theirs", "cells"),
    [
        (Target("ours", OFFICIAL, at_least=25), 2, 60, "at least 25× | 30× | met"),
        (Target("ours", OFFICIAL, at_least=7), 100, 600, "at least 7× | 6× | missed"),
        (Target("ours", OFFICIAL, at_most=0.5), 300, 1000, "at most 0.5× | 0.3× | met"),
        (Target("ours", at_most=1.1), 2, 60, "at most 1.1× | 2× | missed"),
    ],
)
def test_a_target_is_met_or_missed(target, ours, theirs, cells):
    results = {"ours": Result([ours]), OFFICIAL: Result([theirs])}
    limit, reached, _, outcome = report.target_cells(target, results).split(" | ")
    assert cells.split(" | ") == [limit, reached, outcome]


def test_a_failed_client_is_shown_in_the_tables():
    results = results_of()["decode"] | {OFFICIAL: Result(error="ValueError: no")}
    table = report.workload_table(DECODE, results)
    assert "| official SDK on httpx | failed: ValueError: no | |" in table
    assert "| this SDK | 2.00 | 2.00 … 2.00 |" in table
    targets = report.targets_table({"decode": results})
    assert "at least 25× | failed | | missed |" in targets
    assert targets.startswith("0 of 2 targets were met.")


def test_the_tables_contain_every_target_and_client():
    results = results_of()
    targets = report.targets_table(results)
    assert (
        sum(len(workload.targets) for workload in WORKLOADS) == targets.count("\n|") - 2
    )
    for workload in WORKLOADS:
        table = report.workload_table(workload, results[workload.name])
        assert workload.unit in table
        assert len(workload.clients) + 2 == len(table.splitlines())


def test_the_page_has_a_placeholder_for_every_table():
    page = PAGE.read_text()
    tables = re.findall("<!-- table: (.*?) -->", page)
    assert page.count("<!-- end -->") == len(tables)
    names = [workload.name for workload in WORKLOADS]
    assert sorted(["machine", "targets", *names]) == sorted(tables)


def test_only_the_tables_on_the_page_are_replaced():
    page = "Before\n\n<!-- table: a -->\n\nold\n\n<!-- end -->\n\nafter\n"
    updated = report.update_page(page, {"a": "new"})
    assert page.replace("old", "new") == updated
    assert updated == report.update_page(updated, {"a": "new"})
    with pytest.raises(AssertionError, match="no table b"):
        report.update_page(page, {"b": "new"})


def test_workloads_are_loaded_with_their_targets():
    table = {"name": "x", "title": "X", "unit": "s", "measure": "x", "clients": []}
    workload = Workload(**table, targets=[{"client": "ours", "at_most": 2}])
    assert [Target("ours", at_most=2)] == workload.targets


def test_the_chart_and_its_sentences_match_the_results(tmp_path, monkeypatch):
    for name in ("PAGE", "CHART"):
        copy = tmp_path / getattr(chart, name).name
        copy.write_bytes(getattr(chart, name).read_bytes())
        monkeypatch.setattr(chart, name, copy)
    chart.write()
    assert chart.PAGE.read_text() == (PAGE.parent / "performance.md").read_text()
    assert chart.CHART.read_text() == (PAGE.parent / "performance.svg").read_text()


def test_ratios_are_read_from_the_tables():
    results = results_of()
    results["stream"][OFFICIAL] = Result([8.0] * 3)
    results["decode"]["ours"] = Result(error="ValueError: no")
    tables = {w.name: report.workload_table(w, results[w.name]) for w in WORKLOADS}
    ratios = chart.ratios_in(report.update_page(PAGE.read_text(), tables))
    assert 4 == ratios["stream"]
    assert 1 == ratios["retrieve"]
    assert not {"decode", "limits", "waiting"} & set(ratios)
    assert "decode" in chart.ratios_in(PAGE.read_text())


@pytest.mark.parametrize(
    ("first", "sentence"),
    [(0.8, "which needs 80% of the time."), (2, "arrives 2 times as fast.")],
)
def test_the_sentences_say_which_client_starts_faster(first, sentence):
    ratios = dict.fromkeys(["stream", "decode", "retrieve", "concurrent"], 3)
    text = " ".join(chart.summarize(ratios | {"first": first}).split())
    assert text.startswith("Stripe's official SDK needs 3 times as long")
    assert text.endswith(sentence)


def test_bars_have_the_length_of_the_inverse_ratio():
    picture = chart.draw({"stream": 4, "first": 0.8})
    assert ["75.0"] == re.findall('class="ours".* width="(.*?)"', picture)
    assert ["375.0"] == re.findall('class="slower".* width="(.*?)"', picture)
    assert ["25%", "125%"] == re.findall(">([0-9]+%)<", picture)
