"""Measure programs from their start."""

import shutil
import subprocess
import sys
import time
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
_IMPORT = (
    "import time; t = time.process_time(); import {}; print(time.process_time() - t)"
)
_FIRST = """import asyncio
from benchmarks.clients import open_client
async def main():
    client = open_client({!r}, {!r})
    print(client.id_of(await client.retrieve("fca_first")), flush=True)
    await client.aclose()
asyncio.run(main())
"""


def import_package(task: Task) -> Figures:
    """Measure the CPU time to import the package, in ms."""
    program = _HIDE + _IMPORT.format(_PACKAGES[task.name])
    seconds = [
        float(subprocess.check_output([sys.executable, "-c", program]))
        for _ in range(task.samples)
    ]
    return {"cpu": 1000 * median(seconds)}


def first_response(task: Task) -> Figures:
    """Measure the time from starting a process to its first response, in ms."""
    program = _HIDE + _FIRST.format(task.name, task.url)
    return _median_of(task, [sys.executable, "-c", program], "fca_first")


def command(task: Task) -> Figures:
    """Measure the time that a command takes, in ms."""
    if task.name == "python":
        return _median_of(task, [sys.executable, "-c", "pass"], "")
    fincon = shutil.which("fincon", path=str(Path(sys.executable).parent))
    assert fincon, "fincon is not installed"
    return _median_of(task, [fincon, f"--{task.name.partition('-')[2]}"], None)


def _median_of(task: Task, command: list[str], output: str | None) -> Figures:
    figures = [_run(command, output) for _ in range(task.samples)]
    return {name: median(one[name] for one in figures) for name in figures[0]}


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
