"""Format results as tables and insert them into the page."""
# ruff: noqa: RUF001 - the multiplication sign is intentional

import os
import platform
import textwrap
from collections.abc import Mapping
from importlib.metadata import version
from statistics import median, quantiles

from benchmarks.clients import OFFICIAL, TITLES
from benchmarks.runner import Result, Results
from benchmarks.workloads import WORKLOADS, Target, Workload

_PACKAGES = ("stripe", "httpx", "httpcore", "anyio", "aiohttp", "msgspec", "attrs")


def ratios(one: Result, other: Result) -> list[float]:
    """Return the ratio of two results in each round.

    All clients in a round ran under the same conditions, so noise cancels out.
    """
    return [a / b for a, b in zip(one.figures, other.figures, strict=True)]


def format_figures(figures: list[float], spec: str, unit: str = "") -> str:
    """Return the median and the quartiles as two table cells."""
    several = figures if len(figures) > 1 else figures * 2
    low, _, high = quantiles(several, n=4, method="inclusive")
    return f"{median(figures):{spec}}{unit} | {low:{spec}} … {high:{spec}}"


def target_cells(target: Target, results: Results) -> str:
    """Return table cells for a target's limit, the result and the verdict."""
    client = results[target.client]
    other = (
        results[target.other] if target.other else Result([1.0] * len(client.figures))
    )
    limit = target.at_least or target.at_most
    unit = target.unit
    limit_text = f"at {'least' if target.at_least else 'most'} {limit:g}{unit}"
    if client.error or other.error:
        return f"{limit_text} | failed | | missed"
    figures = ratios(other, client) if target.at_least else ratios(client, other)
    reached = median(figures)
    is_met = reached >= limit if target.at_least else reached <= limit
    outcome = "met" if is_met else "missed"
    return f"{limit_text} | {format_figures(figures, '.3g', unit)} | {outcome}"


def targets_table(all_results: Mapping[str, Results]) -> str:
    """Return a table of the targets of all workloads that were run."""
    rows = []
    for workload in WORKLOADS:
        for target in workload.targets if workload.name in all_results else ():
            cells = target_cells(target, all_results[workload.name])
            other = TITLES[target.other] if target.other else workload.compared_with
            title = TITLES[target.client]
            rows.append(f"| {workload.title} | {title} | {other} | {cells} |")
    met = sum(row.endswith("| met |") for row in rows)
    head = "| workload | client | compared with | target | reached | quartiles | |"
    rule = "|---|---|---|---|--:|---|---|"
    return "\n".join([f"{met} of {len(rows)} targets were met.\n", head, rule, *rows])


def workload_table(workload: Workload, results: Results) -> str:
    """Return a table of a workload's results."""
    base = results.get(OFFICIAL)
    rows = [f"| client | {workload.unit} | quartiles |", "|---|--:|--:|"]
    if base:
        rows = [f"{rows[0]} {TITLES[OFFICIAL]} needs |", f"{rows[1]}--:|"]
    for client, result in results.items():
        row = f"| {TITLES[client]} |"
        if result.error:
            row += f" failed: {result.error} | |"
        else:
            row += f" {format_figures(result.figures, f',.{workload.decimals}f')} |"
        if base and not (base.error or result.error):
            row += f" {median(ratios(base, result)):.3g}× |"
        rows.append(row)
    return "\n".join(rows)


def machine_line(rounds: int) -> str:
    """Return the machine and package versions used for the measurements."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return textwrap.fill(
        f"Medians of {rounds} rounds with CPython {platform.python_version()} on"
        f" {platform.system()} {platform.machine()} with {os.cpu_count()} cores."
        f" Versions: {versions}.",
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
