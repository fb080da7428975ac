"""Format results as tables and insert them into the page."""
# ruff: noqa: RUF001 - the multiplication sign is intentional

import math
import os
import platform
import subprocess
import textwrap
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from statistics import median, quantiles

from benchmarks import cores
from benchmarks.runner import Result, Results
from benchmarks.workloads import WORKLOADS, Target, Workload, title_of

_PACKAGES = ("stripe", "httpx", "httpcore", "anyio", "aiohttp", "msgspec", "attrs")
_FAILED = "failed"


def ratios(one: Result, other: Result, figure: str) -> list[float]:
    """Return the ratio of a figure of two results in each round.

    All contenders in a round ran under the same conditions, so noise cancels out.
    """
    figures = zip(one.figures[figure], other.figures[figure], strict=True)
    return [a / b for a, b in figures]


def format_figures(
    figures: list[float], show: Callable[[float], str], unit: str = ""
) -> str:
    """Return the median and the quartiles as two table cells."""
    several = figures if len(figures) > 1 else figures * 2
    low, _, high = quantiles(several, n=4, method="inclusive")
    return f"{show(median(figures))}{unit} | {show(low)} … {show(high)}"


def number(value: float) -> str:
    """Format a number with three digits, or with all of those before the point."""
    if value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def ratio(value: float) -> str:
    """Format a ratio with three digits, without trailing zeros."""
    return f"{value:.3g}" if abs(value) < 1000 else number(value)  # noqa: PLR2004


def _reached(
    target: Target, contender: str, results: Results, figure: str
) -> list[float] | None:
    """Return what a contender reaches of a target in each round."""
    result = results[contender]
    if result.error or (target.other and results[target.other].error):
        return None
    if not target.other:
        return result.figures[figure]
    other = results[target.other]
    return (
        ratios(other, result, figure)
        if target.at_least
        else ratios(result, other, figure)
    )


def target_cells(target: Target, results: Results, figure: str) -> str:
    """Return table cells for a target's limit, the result, the floor and the verdict.

    Args:
        target: The target.
        results: Results of its workload.
        figure: Name of the figure that it limits.
    """
    limit = target.at_least or target.at_most
    assert limit
    unit = target.unit
    limit_text = f"at {'least' if target.at_least else 'most'} {limit:g}{unit}"
    figures = _reached(target, target.contender, results, figure)
    if figures is None:
        return f"{limit_text} | {_FAILED} | | | missed"
    floor = ""
    if target.floor:
        floors = _reached(target, target.floor, results, figure)
        at = f"{ratio(median(floors))}{unit}" if floors else _FAILED
        floor = f"{title_of(target.floor)}: {at}"
    reached = median(figures)
    is_met = reached >= limit if target.at_least else reached <= limit
    outcome = "met" if is_met else "missed"
    figures_text = format_figures(figures, ratio, unit)
    return f"{limit_text} | {figures_text} | {floor} | {outcome}"


def targets_table(all_results: Mapping[str, Results]) -> str:
    """Return a table of the targets of all workloads that were run."""
    rows = []
    for workload in WORKLOADS:
        for target in workload.targets if workload.name in all_results else ():
            figure = target.figure or workload.first_figure
            cells = target_cells(target, all_results[workload.name], figure)
            other = title_of(target.other) if target.other else workload.compared_with
            row = (
                f"{workload.title} ({workload.units[figure]})",
                title_of(target.contender),
                other,
                cells,
            )
            rows.append(f"| {' | '.join(row)} |")
    met = sum(row.endswith("| met |") for row in rows)
    head = (
        "| workload | contender | compared with | target | reached | quartiles | floor"
        " | |"
    )
    rule = "|---|---|---|---|--:|---|---|---|"
    return "\n".join([f"{met} of {len(rows)} targets were met.\n", head, rule, *rows])


def workload_table(workload: Workload, results: Results) -> str:
    """Return a table of a workload's results.

    For each figure, it has the median, and the ratio to the base or the quartiles.
    """
    base = workload.base
    head, rule = "| contender |", "|---|"
    for unit in workload.units.values():
        head += f" {unit} |"
        rule += "--:|"
        if base:
            head += f" {title_of(base)} needs |"
            rule += "--:|"
        head += " quartiles |"
        rule += "---|"
    rows = [head, rule]
    for contender, result in results.items():
        cells = [title_of(contender)]
        if result.error:
            # The rest of the row is empty.
            cells += [f"failed: {result.error}", *[""] * (head.count("|") - 3)]
        else:
            for figure in workload.units:
                cells += _cells(workload, results, contender, figure)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _cells(
    workload: Workload, results: Results, contender: str, figure: str
) -> list[str]:
    figures = results[contender].figures[figure]
    if not workload.base:
        return [format_figures(figures, number)]
    base = results[workload.base]
    if base.error:
        return [number(median(figures)), "", ""]
    compared = ratios(base, results[contender], figure)
    return [number(median(figures)), format_figures(compared, ratio, "×")]


def newest_table(
    all_results: Sequence[Mapping[str, Results]], pythons: Sequence[str]
) -> str:
    """Return a table of the most important ratios with each interpreter.

    Args:
        all_results: The results with each interpreter.
        pythons: Paths of the interpreters.
    """
    if len(pythons) < 2:  # noqa: PLR2004
        return "No other interpreter was measured."
    names = [_version_of(python) for python in pythons]
    columns = " | ".join(f"{name} | quartiles" for name in names)
    rows = [
        f"| workload | contender | compared with | {columns} |",
        f"|---|---|---|{'--:|---|' * len(names)}",
    ]
    for workload in WORKLOADS:
        if workload.name not in all_results[1]:
            continue
        other, ours = workload.newest
        cells = [workload.title, title_of(ours), title_of(other)]
        for table in all_results:
            pair = [table[workload.name][one] for one in (other, ours)]
            if any(result.error for result in pair):
                cells += [_FAILED, ""]
            else:
                compared = ratios(*pair, workload.first_figure)
                cells.append(format_figures(compared, ratio, "×"))
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _version_of(python: str) -> str:
    program = "import platform; print('CPython', platform.python_version())"
    return subprocess.check_output([python, "-c", program], text=True).strip()


def machine_line(rounds: int) -> str:
    """Return the machine and package versions used for the measurements."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    load = f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"
    return textwrap.fill(
        f"Up to {rounds} rounds with CPython {platform.python_version()} on"
        f" {platform.system()} {platform.machine()} with {os.cpu_count()} cores. The"
        f" load before was {load}. {cores.describe()} Versions: {versions}.",
        80,
    )


def update_page(page: str, tables: Mapping[str, str]) -> str:
    """Replace the tables between `<!-- table: NAME -->` and `<!-- end -->`."""
    for name, table in tables.items():
        before, start, rest = page.partition(f"<!-- table: {name} -->\n")
        assert start, f"the page has no table {name}"
        _, end, after = rest.partition("<!-- end -->")
        page = f"{before}{start}\n{table}\n\n{end}{after}"
    return page
