"""Measure programs from their start."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.measures import Figures, Task, check

_PACKAGES = {
    "stripe": "stripe",
    "httpx-json": "httpx",
    "httpx-msgspec": "httpx, attrs, msgspec",
    "ours": "financial_connections",
}
# httpx and httpcore import these packages if they are installed, which they are for
# this repository's tests but would not be in a service.
_HIDE = "import sys; sys.modules.update(dict.fromkeys(('click', 'rich', 'trio')));"
_IMPORT = """import time
start = time.process_time()
import {}
print('{{"cpu":', 1000 * (time.process_time() - start), "}}")
"""
_FIRST = """import asyncio
from benchmarks.clients import open_client
async def main():
    client = open_client({!r}, {!r})
    print(client.id_of(await client.retrieve("fca_first")), flush=True)
    await client.aclose()
asyncio.run(main())
"""
_WARM = """import asyncio, json
from statistics import median
from time import perf_counter, process_time
from benchmarks.clients import open_client
async def main():
    client = open_client({!r}, {!r})
    if {!r}:
        await client.warm()
    wall, cpu = [], []
    for _ in range(20):
        await asyncio.sleep(0.02)  # as between the requests of a service
        wall_start, cpu_start = perf_counter(), process_time()
        await client.retrieve("fca_first")
        cpu.append(process_time() - cpu_start)
        wall.append(perf_counter() - wall_start)
    later = {{"wall": median(wall[1:]), "cpu": median(cpu[1:])}}
    print(json.dumps({{"wall": wall[0] / later["wall"], "cpu": cpu[0] / later["cpu"]}}))
    await client.aclose()
asyncio.run(main())
"""


def import_package(task: Task) -> Figures:
    """Measure the CPU time to import the package, in ms."""
    program = _HIDE + _IMPORT.format(_PACKAGES[task.name])
    return _median(task, lambda: _printed_by(program))


def first_call(task: Task) -> Figures:
    """Measure the time of the first call, as a multiple of a later one."""
    program = _HIDE + _WARM.format(task.name, task.url, bool(task.is_warm))
    return _median(task, lambda: _printed_by(program))


def first_response(task: Task) -> Figures:
    """Measure the time from starting a process to its first response, in ms."""
    program = _HIDE + _FIRST.format(task.name, task.url)
    return _median(task, lambda: _run([sys.executable, "-c", program], "fca_first"))


def command(task: Task) -> Figures:
    """Measure the time that a command takes, in ms."""
    if task.name == "python":
        return _median(task, lambda: _run([sys.executable, "-c", "pass"], ""))
    fincon = shutil.which("fincon", path=str(Path(sys.executable).parent))
    assert fincon, "fincon is not installed"
    arguments = [fincon, f"--{task.name.partition('-')[2]}"]
    return _median(task, lambda: _run(arguments, None))


def _median(task: Task, take: Callable[[], Figures]) -> Figures:
    figures = [take() for _ in range(task.samples)]
    return {name: median(one[name] for one in figures) for name in figures[0]}


def _printed_by(program: str) -> Figures:
    output = subprocess.check_output([sys.executable, "-c", program])
    figures: Figures = json.loads(output)
    return figures


def _run(command: list[str], output: str | None) -> Figures:
    """Return the time until the first line of output, and all of the CPU time."""
    import resource  # noqa: PLC0415 - some systems do not have it

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline().strip()
        if output is None:
            process.stdout.read()
            process.wait()
        seconds = time.perf_counter() - start
    if output is not None:
        check(output, line)
    check(0, process.returncode)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": 1000 * seconds, "cpu": 1000 * cpu}
