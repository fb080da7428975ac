"""Results → docs/performance.md. Pure."""

from collections.abc import Mapping
from typing import Any

from benchmarks.contenders import ENTRIES, OFFICIAL
from benchmarks.figures import TIMES, ratios, summary
from benchmarks.prose import AFTER, BEFORE, LIMITS
from benchmarks.workloads import BOUND, GROWTHS, PREFETCH, WORKLOADS, Workload

_BASES = (OFFICIAL, BOUND)


def report(results: Mapping[str, Any]) -> str:
    """Return the page: ratios first, then every figure, then how it was measured."""
    parts = [
        BEFORE,
        _goals(results),
        "![Ratios against the official SDK](performance.svg)\n",
        "## Figures\n",
    ]
    parts += [_about(results)]
    tables = results["workloads"]
    parts += [
        _table(one, tables[one.name])
        for one in WORKLOADS
        if one.name in tables and one not in GROWTHS
    ]
    parts += ["## Growth\n", "![Growth](performance-growth.svg)\n"]
    parts += [_table(one, tables[one.name]) for one in GROWTHS if one.name in tables]
    return "\n".join([*parts, AFTER])


def title_of(cell: str) -> str:
    """Return what a cell is called in a table."""
    if cell == BOUND:
        return "the bound: the longer of server and consumer"
    name, _, point = cell.partition(" @ ")
    contender = name.removesuffix(PREFETCH)
    title = ENTRIES[contender].title + (", prefetching" if name != contender else "")
    return f"{title}, {int(point):,}" if point else title


def _goals(results: Mapping[str, Any]) -> str:
    met = sum(goal["met"] for goal in results["goals"])
    lines = [
        f"{met} of {len(results['goals'])} targets were met in this run.\n",
        "| workload | ours | against | target | reached | quartiles | |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join(
        [
            *lines,
            *[_goal_row(goal, results["workloads"]) for goal in results["goals"]],
            "",
        ]
    )


def _goal_row(goal: Mapping[str, Any], tables: Mapping[str, Any]) -> str:
    table = tables[goal["workload"]]
    least, most, reached = goal["at_least"], goal["at_most"], goal["reached"]
    unit = TIMES if goal["against"] else f" {table['unit']}"
    target = (
        f"at least {least:g}{unit}"
        if least is not None
        else f"at most {most:.3g}{unit}"
    )
    against = title_of(goal["against"]) if goal["against"] else ""
    row = f"| {table['title']} | {title_of(goal['ours'])} | {against} | {target} |"
    if reached is None:
        return f"{row} | | not measured |"
    spread = f"{reached['lower']:.3g} … {reached['upper']:.3g}"
    return f"{row} **{reached['median']:.3g}{unit}** | {spread} | {'met' if goal['met'] else 'missed'} |"


def _about(results: Mapping[str, Any]) -> str:
    about = results["machine"]
    versions = ", ".join(
        f"{name} {version}" for name, version in results["versions"].items()
    )
    return (
        f"Medians of {results['rounds']} rounds, on {about['cores']} cores of {about['processor']}, {about['python']}, "
        f"{about['system']}; load of the machine {results['load']['before']} before and {results['load']['after']} "
        f"after, of which about one is the run itself. Versions: {versions}.\n"
    )


def _table(workload: Workload, table: Mapping[str, Any]) -> str:
    base = next(
        (name for name in _BASES if table["cells"].get(name, {}).get("rounds")), None
    )
    head = f"| | {workload.unit} | quartiles |" + (
        f" against {title_of(base).split(':')[0]} |" if base else ""
    )
    lines = [
        f"### {workload.title}\n",
        head,
        "|---|--:|--:|" + ("--:|" if base else ""),
    ]
    lines += [_table_row(workload, table, name, base) for name in table["cells"]]
    limit = LIMITS.get(workload.name)
    return "\n".join([*lines, "", *([limit, ""] if limit else [])])


def _table_row(
    workload: Workload, table: Mapping[str, Any], name: str, base: str | None
) -> str:
    cell = table["cells"][name]
    row = f"| {title_of(name)} |"
    if "median" not in cell:
        return f"{row} failed: {_plain(cell['error'])} | |" + (" |" if base else "")
    low, mid, high = (
        f"{cell[key]:,.{workload.decimals}f}" for key in ("lower", "median", "upper")
    )
    row += f" {mid} | {low} … {high} |"
    if base:
        row += f" {summary(ratios(cell['rounds'], table['cells'][base]['rounds'])).median:.3g} |"
    return row


def _plain(words: str) -> str:
    return words.replace("|", "/").replace("\n", " ")
