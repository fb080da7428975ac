"""Benchmark clients side by side and write the results to docs/."""

import argparse
import sys
import time
from collections.abc import Sequence

from benchmarks import chart, report
from benchmarks.runner import run, serve
from benchmarks.workloads import WORKLOADS


def main(args: Sequence[str] | None = None) -> int:
    """Run the benchmarks and return an exit status: 1 if a contender failed."""
    start = time.perf_counter()
    options = _parse(args)
    rounds = 1 if options.quick else options.rounds
    selected = [workload for workload in WORKLOADS if workload.name in options.only]
    pythons = [sys.executable, *([options.newest] if options.newest else [])]
    machine = report.machine_line(rounds)
    with serve() as server:
        results = run(selected, pythons, server, rounds=rounds, quick=options.quick)
    tables = {"targets": report.targets_table(results[0]), "machine": machine}
    for workload in selected:
        tables[workload.name] = report.workload_table(
            workload, results[0][workload.name]
        )
    tables["newest"] = report.newest_table(results, pythons)
    print("\n\n".join(tables.values()))
    minutes = (time.perf_counter() - start) / 60
    print(f"This took {minutes:.1f} minutes.", file=sys.stderr)
    failed = any(
        result.error
        for by_workload in results
        for table in by_workload.values()
        for result in table.values()
    )
    if selected == WORKLOADS and not options.quick:
        page = chart.RESULTS.read_text(encoding="utf-8")
        chart.RESULTS.write_text(report.update_page(page, tables), encoding="utf-8")
        if not failed:
            chart.write()
    return int(failed)


def _parse(args: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add, names = parser.add_argument, [workload.name for workload in WORKLOADS]
    add("--quick", action="store_true", help="run everything once with small tasks")
    add("--rounds", type=int, default=5, help="number of rounds (default: 5)")
    add("--only", nargs="+", choices=names, default=names, help="workloads to run")
    add("--newest", help="another interpreter, to run some workloads with it as well")
    return parser.parse_args(args)


if __name__ == "__main__":
    sys.exit(main())
