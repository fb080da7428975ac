"""The run, for the command line. The only module that prints and writes."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.chart import ratios_chart
from benchmarks.growth import growth_chart
from benchmarks.machine import load, machine, versions
from benchmarks.report import report
from benchmarks.results import document
from benchmarks.running import Cell, measured, serving
from benchmarks.stock_package import FOLDER, generate
from benchmarks.workloads import WORKLOADS

_ROOT = Path(__file__).parents[1]
_ROUNDS = 5


def main(line: Sequence[str] | None = None) -> int:
    """Measure, and write what came of it. 1 when a contender failed; a missed target is
    no failure.
    """
    options = _arguments().parse_args(line)
    source = options.into / "benchmarks" / "results.json"
    results = (
        json.loads(source.read_text()) if options.render else asyncio.run(_run(options))
    )
    _write(options.into, source, results)
    for goal in results["goals"]:
        reached = f"{goal['reached']['median']:.3g}" if goal["reached"] else "nothing"
        target = (
            f"at least {goal['at_least']:g}"
            if goal["at_least"] is not None
            else f"at most {goal['at_most']:.3g}"
        )
        name = f"{goal['workload']}, {goal['ours']} against {goal['against'] or 'a figure'}"
        print(
            f"{'met   ' if goal['met'] else 'MISSED'} {name}: {target}, reached {reached}"
        )
    return int(
        any(
            "median" not in cell
            for table in results["workloads"].values()
            for cell in table["cells"].values()
        )
    )


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one round of small workloads: proves that it runs",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=_ROUNDS,
        help="rounds of each workload (%(default)s)",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[one.name for one in WORKLOADS],
        help="these workloads",
    )
    parser.add_argument(
        "--render",
        action="store_true",
        help="measure nothing: page and charts from results.json",
    )
    parser.add_argument(
        "--into",
        type=Path,
        default=_ROOT,
        help="the folder that gets benchmarks/ and docs/",
    )
    return parser


async def _run(options: argparse.Namespace) -> dict[str, Any]:
    rounds = 1 if options.quick else options.rounds
    before = load()
    cells: dict[str, dict[str, Cell]] = {}
    with TemporaryDirectory() as folder:
        generate(Path(folder))
        os.environ[FOLDER] = folder
        # Everybody's modules are compiled once, in the first round, as they are where
        # they are installed.
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "compiled")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        async with serving() as url:
            for workload in WORKLOADS:
                if not options.only or workload.name in options.only:
                    cells[workload.name] = await measured(
                        workload,
                        url,
                        rounds=rounds,
                        quick=options.quick,
                        progress=_progress,
                    )
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "rounds": rounds,
        "quick": options.quick,
        "machine": machine(),
        "versions": versions(),
        "load": {"before": before, "after": load()},
    }
    return document(cells, about=about)


def _progress(words: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)


def _write(into: Path, source: Path, results: dict[str, Any]) -> None:
    texts = {
        source: json.dumps(results, indent=1, ensure_ascii=False) + "\n",
        into / "docs" / "performance.md": report(results),
        into / "docs" / "performance.svg": ratios_chart(results),
        into / "docs" / "performance-growth.svg": growth_chart(results),
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
