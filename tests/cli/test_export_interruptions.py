"""Exports that are killed or interrupted at any point and then resumed."""

import json
import os
import signal
import time
from contextlib import contextmanager

import httpx
import pytest
from pyarrow import parquet

from financial_connections.cli.export import Export
from financial_connections.cli.formats import format_for
from tests.support.cli_process import json_lines, start_fincon

OPTIONS = {"account": "fca_1", "format": ".csv"}
PAGES = [
    [{"id": f"fctxn_{page}{item}", "amount": item} for item in range(2)]
    for page in range(3)
]


class KilledError(BaseException):
    """A stand-in for SIGKILL, which nothing in the command handles."""


def leave_as_killed(export, *_):
    # A killed process does not clean up, but its lock is released.
    if export._file:
        export._file.close()


def export_pages(target, *, resume):
    """Export `PAGES` as the command does, continuing after the cursor."""
    export = Export(target, format_for(target), OPTIONS, resume=resume, force=False)
    with export:
        first = export.state.count // 2
        for number, page in enumerate(PAGES[first:], first):
            if not export.state.is_complete:
                export.append(page, page[-1]["id"], is_last=number == 2)
        export.publish()


def killing_at(steps, *, after):
    """Return a decorator that raises before or after the step marked in `steps`."""

    def wrap(function):
        def step(*args, **kwargs):
            is_last = next(steps, False)
            if is_last and not after:
                raise KilledError
            result = function(*args, **kwargs)
            if is_last:
                raise KilledError
            return result

        return step

    return wrap


@pytest.mark.parametrize("extension", [".csv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_an_export_killed_at_any_step_is_completed_by_a_resumed_one(
    monkeypatch, tmp_path, extension, after
):
    """A step is anything that changes the disk: an fsync, a rename or a removal."""
    whole = tmp_path / f"whole{extension}"
    export_pages(whole, resume=False)
    expected = whole.read_bytes()
    kills = 0
    while True:
        target = tmp_path / f"{kills}{extension}"
        killing = killing_at(iter([False] * kills + [True]), after=after)
        with monkeypatch.context() as patch:
            patch.setattr(Export, "__exit__", leave_as_killed)
            patch.setattr(os, "fsync", killing(os.fsync))
            patch.setattr(type(target), "replace", killing(type(target).replace))
            patch.setattr(type(target), "unlink", killing(type(target).unlink))
            try:
                export_pages(target, resume=False)
            except KilledError:
                kills += 1
            else:
                break
        if list(tmp_path.glob(".*")):  # otherwise the export was already finished
            export_pages(target, resume=True)
        assert expected == target.read_bytes()
        assert not list(tmp_path.glob(".*"))
    assert kills > 12


def count_kept(target):
    """Return how many transactions an unfinished export has kept so far."""
    state = target.with_name(f".{target.name}.part.state")
    try:
        return json.loads(state.read_bytes())["count"]
    except FileNotFoundError:
        return 0


@contextmanager
def limit_pages(sandbox, pages):
    """Let the sandbox serve some pages and then block.

    The export therefore cannot finish before it is stopped, however slow the test is.
    """
    control_url = f"{sandbox.url}/_sandbox"
    with httpx.Client(base_url=control_url, auth=(sandbox.key, "")) as control:
        for fault in ({"times": pages}, {"times": 1, "seconds": 3_600}):
            fault |= {"kind": "latency", "operation": "list_transactions"}
            control.post("/faults", json=fault).raise_for_status()
        yield
        control.delete("/faults").raise_for_status()


def export_command(sandbox, target):
    [account] = sandbox.accounts()
    return (
        *("--base-url", sandbox.url, "transactions", "export"),
        *("--account", account["id"], "--to", target),
    )


def stop_export(command, sandbox, target, count, signal_number):
    """Run an export until it has kept some transactions, then send it a signal.

    Returns:
        The exit status and stderr.
    """
    pages = (count - count_kept(target)) // 100 + 20
    with limit_pages(sandbox, pages), start_fincon(*command, **sandbox.env) as process:
        end = time.monotonic() + 30
        while (
            process.poll() is None
            and count_kept(target) < count
            and time.monotonic() < end
        ):
            pass
        process.send_signal(signal_number)
        _, err = process.communicate()
        return process.returncode, err


# The other formats are tested in tests/soak.
def check_an_export_of_25000_that_is_killed(many, tmp_path, extension):
    """Kill an export three times; then it must equal an uninterrupted one.

    `make soak` runs it for each format.
    """
    whole, target = tmp_path / f"whole{extension}", tmp_path / f"out{extension}"
    [report] = json_lines(many.run(*export_command(many, whole)[2:]))
    assert 25_000 == report["transactions"]
    resume = (*export_command(many, target), "--resume")
    for count in (1, 7_000, 16_000):
        status, err = stop_export(resume, many, target, count, signal.SIGKILL)
        assert (-signal.SIGKILL, "") == (status, err)
        assert 25_000 > count_kept(target) >= count
        assert not target.exists()
    json_lines(many.run(*resume[2:]))
    if extension == ".parquet":
        tables = [parquet.read_table(path) for path in (whole, target)]
        assert tables[0].equals(tables[1])
        assert 3 == parquet.ParquetFile(target).num_row_groups
    else:
        assert whole.read_bytes() == target.read_bytes()
    assert {whole, target} == set(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("signal_number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_an_interrupted_export_reports_how_to_continue(
    many, tmp_path, signal_number, expected
):
    target = tmp_path / "out.csv"
    command = export_command(many, target)
    status, err = stop_export(command, many, target, 500, signal_number)
    assert expected == status, err
    assert err.startswith("fincon: interrupted; ")
    assert err.endswith(" transactions were kept; continue with --resume\n")
    assert (1, True) == (len(err.splitlines()), not target.exists())
