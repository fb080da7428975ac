"""Run workloads: each measurement in its own process, with clients taking turns."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import Factory, define

from benchmarks.workloads import Workload

_QUICK = {"calls": 5, "batches": 2, "concurrency": 5, "items": 200, "accounts": 2}


@define
class Result:
    """A client's measurements, one per round, or an error."""

    figures: list[float] = Factory(list)
    error: str = ""


Results = dict[str, Result]


@contextmanager
def serve() -> Iterator[str]:
    """Run the server in a separate process and yield its URL."""
    command = [sys.executable, "-m", "benchmarks.server"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        # Leaving the block closes stdin, which stops the server.


def run(workload: Workload, url: str, *, rounds: int, quick: bool) -> Results:
    """Measure every client on a workload, with small parameters for a quick run."""
    params = dict(workload.params)
    if quick:
        params |= {name: _QUICK[name] for name in params.keys() & _QUICK.keys()}
    results = {client: Result() for client in workload.clients}
    for number in range(rounds):
        # Reverse every other round, so that no client always follows the same one.
        for client in workload.clients[:: -1 if number % 2 else 1]:
            print(f"{workload.name}, round {number + 1}: {client}", file=sys.stderr)
            _measure(
                [workload.measure, client, url, json.dumps(params)], results[client]
            )
    return results


def _measure(args: list[str], result: Result) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.measures", *args],
        # Use compiled files, as is usual for installed packages.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        result.error = process.stderr.strip().rpartition("\n")[2] or "no output"
    else:
        result.figures.append(float(process.stdout))
