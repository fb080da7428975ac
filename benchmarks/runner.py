"""Run workloads: each measurement in its own process, with contenders taking turns."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import certifi
import trustme
from attrs import Factory, define, frozen

from benchmarks.workloads import Workload

_QUICK = {
    "accounts": 2,
    "batches": 2,
    "calls": 5,
    "concurrency": 5,
    "items": 200,
    "lists": 20,
    "samples": 1,
}
_TIMEOUT = 180.0
"""Seconds after which a measurement fails."""


@define
class Result:
    """A contender's figures, one per round, or an error."""

    figures: dict[str, list[float]] = Factory(dict)
    error: str = ""


Results = dict[str, Result]


@frozen
class Server:
    """A running server."""

    urls: Mapping[str, str]
    """URLs by name: `plain`, `gzip` and `tls`."""
    certificates: str
    """File with certifi's certificates and the one that signs the server's."""


@contextmanager
def serve() -> Iterator[Server]:
    """Run the server in a separate process."""
    with TemporaryDirectory() as folder:
        authority = trustme.CA()
        key, trusted = Path(folder, "server.pem"), Path(folder, "trusted.pem")
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
            key
        )
        # Clients read as many certificates as in production.
        trusted.write_bytes(Path(certifi.where()).read_bytes())
        authority.cert_pem.write_to_path(trusted, append=True)
        command = [sys.executable, "-m", "benchmarks.server", str(key)]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
            assert process.stdout
            yield Server(json.loads(process.stdout.readline()), str(trusted))
            # Leaving the block closes stdin, which stops the server.


def run(
    workloads: Sequence[Workload],
    pythons: Sequence[str],
    server: Server,
    *,
    rounds: int,
    quick: bool,
) -> list[dict[str, Results]]:
    """Measure all workloads, once in each round.

    Args:
        workloads: The workloads.
        pythons: Interpreters. The second one runs only what is compared with it.
        server: The server.
        rounds: Number of rounds.
        quick: True to use small parameters.

    Returns:
        The results of each workload, for each interpreter.
    """
    results: list[dict[str, Results]] = [
        {
            workload.name: {one: Result() for one in contenders}
            for workload in workloads
            if (contenders := workload.newest if number else workload.contenders)
        }
        for number in range(len(pythons))
    ]
    for number, workload in product(range(rounds), workloads):
        if number >= (workload.rounds or rounds):
            continue
        contenders = [
            (python, one, result)
            for python, table in zip(pythons, results, strict=True)
            for one, result in table.get(workload.name, {}).items()
        ]
        # Reverse every other round, so that no contender always follows the same one.
        for python, contender, result in contenders[:: -1 if number % 2 else 1]:
            print(f"round {number + 1}, {workload.name}: {contender}", file=sys.stderr)
            params = workload.params_of(contender) | {"round": number}
            if quick:
                params |= {key: _QUICK[key] for key in params.keys() & _QUICK.keys()}
            command = [python, "-m", "benchmarks.measures", workload.measure]
            command += [contender.partition(":")[0], json.dumps(params)]
            _measure(command, server, result)
    return results


def _measure(command: list[str], server: Server, result: Result) -> None:
    environment = {
        **os.environ,
        "BENCHMARK_URLS": json.dumps(dict(server.urls)),
        "SSL_CERT_FILE": server.certificates,
        # Use compiled files, as is usual for installed packages.
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPATH": os.pathsep.join(["src", os.environ.get("PYTHONPATH", "")]),
    }
    try:
        output = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=_TIMEOUT,
        ).stdout
    except subprocess.CalledProcessError as error:
        result.error = error.stderr.strip().rpartition("\n")[2] or "no output"
    except subprocess.TimeoutExpired:
        result.error = f"no result after {_TIMEOUT:g} s"
    else:
        figures: dict[str, Any] = json.loads(output.strip().rpartition("\n")[2])
        for name, figure in figures.items():
            result.figures.setdefault(name, []).append(figure)
