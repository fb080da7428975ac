"""Tables and chart of the benchmarks' results."""
# ruff: noqa: RUF001 - the multiplication sign is intentional

import re
from pathlib import Path

import pytest

from benchmarks import chart, report
from benchmarks.clients import OFFICIAL
from benchmarks.runner import Result
from benchmarks.workloads import WORKLOADS, Target

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
DECODE = WORKLOADS[0]


def results_of(figure=2.0):
    """Return results with the same figures for every client of every workload."""
    return {
        workload.name: {
            contender: Result({name: [figure] * 3 for name in workload.units})
            for contender in workload.contenders
        }
        for workload in WORKLOADS
    }


def cpu(*figures):
    return Result({"cpu": list(figures)})


def test_ratios_are_computed_round_by_round():
    assert [2, 3] == report.ratios(cpu(4, 9), cpu(2, 3), "cpu")
    with pytest.raises(ValueError, match="argument 2"):
        report.ratios(cpu(1, 2), cpu(1), "cpu")


@pytest.mark.parametrize(
    ("figures", "cells"),
    [([5, 1, 4, 2, 3], "3× | 2 … 4"), ([7.1], "7.1× | 7.1 … 7.1")],
)
def test_figures_are_shown_as_median_and_quartiles(figures, cells):
    assert cells == report.format_figures(figures, report.ratio, "×")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (100_000.0, "100,000"),
        (1234.5, "1,234"),
        (66.449, "66.4"),
        (1.7539, "1.75"),
        (0.12345, "0.123"),
        (0.0, "0"),
        (-2.345, "-2.35"),
    ],
)
def test_numbers_are_shown_with_three_digits(value, text):
    assert text == report.number(value)


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
    results = {"ours": cpu(ours), OFFICIAL: cpu(theirs)}
    limit, reached, _, floor, outcome = report.target_cells(
        target, results, "cpu"
    ).split(" | ")
    assert cells.split(" | ") == [limit, reached, outcome]
    assert "" == floor


def test_the_floor_of_a_target_is_shown_next_to_the_result():
    results = {"ours": cpu(8), OFFICIAL: cpu(20), "httpx-json": cpu(5)}
    target = Target("ours", OFFICIAL, at_least=3, floor="httpx-json")
    cells = report.target_cells(target, results, "cpu")
    assert cells.endswith("| httpx and json.loads: 4× | missed")
    results["httpx-json"] = Result(error="ValueError: no")
    cells = report.target_cells(target, results, "cpu")
    assert cells.endswith("| httpx and json.loads: failed | missed")


def test_a_failed_client_is_shown_in_the_tables():
    results = results_of()["decode"] | {OFFICIAL: Result(error="ValueError: no")}
    table = report.workload_table(DECODE, results)
    assert "| official SDK on httpx | failed: ValueError: no |  |  |" in table
    assert "| this SDK | 2 |  |  |" in table
    targets = report.targets_table({"decode": results})
    assert "at least 25× | failed | | | missed |" in targets
    assert targets.startswith("0 of 2 targets were met.")


def test_the_tables_contain_every_target_and_contender():
    results = results_of()
    targets = report.targets_table(results)
    assert (
        sum(len(workload.targets) for workload in WORKLOADS) == targets.count("\n|") - 2
    )
    for workload in WORKLOADS:
        table = report.workload_table(workload, results[workload.name])
        assert all(unit in table for unit in workload.units.values())
        lines = table.splitlines()
        assert len(workload.contenders) + 2 == len(lines)
        assert {lines[0].count("|")} == {line.count("|") for line in lines}


def test_ratios_with_the_newest_interpreter_are_in_the_same_row(monkeypatch):
    monkeypatch.setattr(report, "_version_of", str.upper)
    older, newer = results_of(), results_of()
    newer = {"decode": newer["decode"], "retrieve": newer["retrieve"]}
    newer["decode"][OFFICIAL] = cpu(6, 8, 10)
    newer["retrieve"]["ours"] = Result(error="ValueError: no")
    table = report.newest_table([older, newer], ["old", "new"])
    assert "| OLD | quartiles | NEW | quartiles |" in table
    first, second = table.splitlines()[2:]
    assert first.endswith("| 1× | 1 … 1 | 4× | 3.5 … 4.5 |")
    assert second.endswith("| 1× | 1 … 1 | failed |  |")
    assert "No other interpreter" in report.newest_table([older], ["old"])


def test_only_the_tables_on_the_page_are_replaced():
    page = "Before\n\n<!-- table: a -->\n\nold\n\n<!-- end -->\n\nafter\n"
    updated = report.update_page(page, {"a": "new"})
    assert page.replace("old", "new") == updated
    assert updated == report.update_page(updated, {"a": "new"})
    with pytest.raises(AssertionError, match="no table b"):
        report.update_page(page, {"b": "new"})


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
    results["stream"][OFFICIAL] = Result({"wall": [8.0] * 3, "cpu": [5.0] * 3})
    results["decode"]["ours"] = Result(error="ValueError: no")
    tables = {w.name: report.workload_table(w, results[w.name]) for w in WORKLOADS}
    ratios = chart.ratios_in(report.update_page(PAGE.read_text(), tables))
    assert 4 == ratios["stream"]
    assert 1 == ratios["retrieve"]
    assert not {"decode", "limits", "growth", "fleet"} & set(ratios)
    assert "decode" in chart.ratios_in(PAGE.read_text())


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        (0.8, "which needs 80% of the time."),
        (1.02, "arrives after about the same time with both."),
        (2, "after 50% of the time that it takes with the official SDK."),
    ],
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


def test_the_page_has_a_placeholder_for_every_table():
    page = PAGE.read_text()
    tables = re.findall("<!-- table: (.*?) -->", page)
    assert page.count("<!-- end -->") == len(tables)
    names = [workload.name for workload in WORKLOADS]
    assert sorted(["machine", "newest", "targets", *names]) == sorted(tables)


def test_all_bars_fit_into_the_chart():
    picture = chart.draw({"stream": 4, "first": 0.5})
    assert ["440.0"] == re.findall('class="slower".* width="(.*?)"', picture)
    assert ["55.0"] == re.findall('class="ours".* width="(.*?)"', picture)
