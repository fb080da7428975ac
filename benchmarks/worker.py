"""One contender at one workload: `python -m benchmarks.worker <measure> <task as
JSON>`.

Each line on standard input asks for one more figure; each line of output is a figure,
or why there is none.
"""

import asyncio
import json
import sys

from benchmarks import measures, sizes, starts
from benchmarks.measures import Measure, Task

MEASURES: dict[str, Measure] = {
    function.__name__: function
    for function in (
        measures.bound,
        measures.calls_per_second,
        measures.consumed,
        measures.cpu_per_call,
        measures.decode,
        measures.fan_out,
        measures.items_per_second,
        measures.kept,
        measures.resident,
        measures.time_per_item,
        sizes.installed,
        starts.client_made,
        starts.first_answer,
        starts.imported,
    )
}

_LONGEST_REASON = 200


def main(measure: str, task: str) -> None:
    """Measure as often as is asked for."""
    asked = Task(**json.loads(task))
    for _ in sys.stdin:
        print(json.dumps(_figure(MEASURES[measure], asked)), flush=True)


def _figure(measure: Measure, task: Task) -> dict[str, float | str]:
    try:
        return {"figure": asyncio.run(measure(task))}  # type: ignore[arg-type]
    except Exception as error:  # noqa: BLE001 - a contender may fail in any way, and its cell says how
        return {
            "error": " ".join(f"{type(error).__name__}: {error}".split())[
                :_LONGEST_REASON
            ]
        }


if __name__ == "__main__":
    main(*sys.argv[1:])
