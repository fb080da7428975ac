"""The demonstration of a fleet, with all its processes."""

import json
import os
import signal
import subprocess
import urllib.request
from contextlib import suppress

import anyio
import pytest

from financial_connections.cli import main
from financial_connections.cli.fleet.demo import processes
from tests.support.cli_process import COMMAND, environment, fincon, run_in_terminal


def is_alive(pid):
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def test_the_demonstration_ends_with_equal_digests():
    result = fincon("fleet", "demo", "--accounts", "20", "--json")
    assert (0, "") == (result.returncode, result.stderr)
    boards = [json.loads(line) for line in result.stdout.splitlines()]
    last = boards[-1]
    assert "done" == last["phase"]
    assert last["result"]["is_equal"]
    assert 0 == last["result"]["repeated_changes"]
    assert last["result"]["peak_rate"] <= last["result"]["rate_limit"]
    assert (19, 1) == (last["progress"]["done"], last["progress"]["dead"])
    assert [
        ("feeder", "stopped"),
        ("worker 1", "killed"),
        ("worker 2", "stopped"),
        ("worker 3", "stopped"),
    ] == [(process["name"], process["state"]) for process in last["processes"]]
    assert all(not is_alive(process["pid"]) for process in last["processes"])
    # The sandbox receives nothing else. The killed worker may not have reported all.
    sent = sum(process["requests"] or 0 for process in last["processes"])
    assert 0 < sent <= last["requests"]


def test_a_worker_that_ends_unexpectedly_ends_the_demonstration(monkeypatch, capsys):
    monkeypatch.setattr(processes, "_MODULE", "financial_connections.nowhere")
    assert 1 == main(["fleet", "demo", "--accounts", "4"])
    assert "worker 1 has ended unexpectedly" in capsys.readouterr().err


def test_the_demonstration_draws_a_screen():
    arguments = ("fleet", "demo", "--accounts", "4", "--workers", "1")
    output, status = run_in_terminal(*arguments, columns=100)
    assert 0 == status
    assert "is killed with SIGKILL" in output
    assert "nothing lost, nothing doubled" in output


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_an_interrupted_demonstration_leaves_no_process(number, status):
    command = [*COMMAND, "fleet", "demo", "--accounts", "300"]
    with subprocess.Popen(
        command,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        url = process.stdout.readline().split()[-1]
        for line in process.stdout:
            if "worker 2 starts" in line:
                break
        with urllib.request.urlopen(f"{url}/status.json") as response:
            assert "syncing" == json.load(response)["phase"]
        with urllib.request.urlopen(url) as response:
            assert b"status.json" in response.read()
        pids = descendants(process.pid)
        assert len(pids) >= 4
        process.send_signal(number)
        process.stdout.read()
        assert status == process.wait()
    anyio.run(wait_until_gone, pids)


async def wait_until_gone(pids):
    with anyio.fail_after(180):
        while any(map(is_alive, pids)):  # noqa: ASYNC110 - they are not awaitable
            await anyio.sleep(0.02)


def descendants(pid):
    """Return the IDs of all processes below a process."""
    table = subprocess.run(
        ["ps", "-e", "-o", "ppid=,pid="], capture_output=True, text=True, check=True
    )
    children = {}
    for line in table.stdout.splitlines():
        parent, child = map(int, line.split())
        children.setdefault(parent, []).append(child)
    found = list(children.get(pid, []))
    for child in found:
        found += children.get(child, [])
    return found
