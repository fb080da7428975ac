"""An export ends whole or can go on, whatever ends the command."""

import errno
import json
import os
import signal
import stat
import time
from contextlib import contextmanager

import httpx
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from financial_connections.cli import durable
from financial_connections.cli.export import (
    Export,
    State,
    bytes_of,
    state_from,
    state_to_begin_with,
)
from financial_connections.cli.formats import format_of
from financial_connections.cli.rows import COLUMNS, row_from
from financial_connections.cli.usage import UsageError
from financial_connections.sandbox import Fault
from tests.support.cli_process import fincon, in_shell, lines_of, started

OPTIONS = {"account": "fca_1", "format": ".csv"}
STATES = st.builds(
    State,
    options=st.dictionaries(st.text(), st.none() | st.text() | st.integers()),
    cursor=st.none() | st.text(),
    length=st.integers(0),
    count=st.integers(0),
    is_complete=st.booleans(),
    may_overwrite=st.booleans(),
)


@given(STATES)
def test_a_state_can_be_read_back(state):
    assert state == state_from(bytes_of(state))


@given(STATES, st.data())
def test_a_state_that_was_cut_off_is_refused(state, data):
    content = bytes_of(state)
    with pytest.raises(UsageError):
        state_from(content[: data.draw(st.integers(0, len(content) - 1))])


@pytest.mark.parametrize(
    "damage",
    [
        {"options": 3},
        {"length": "x"},
        {"length": -1},
        {"count": 1.5},
        {"cursor": 7},
        {"is_complete": "no"},
    ],
)
def test_a_state_that_makes_no_sense_is_refused(damage):
    with pytest.raises(UsageError, match="damaged"):
        state_from(json.dumps({"options": {}, **damage}).encode())


def test_the_state_of_another_version_is_refused():
    with pytest.raises(UsageError, match="another version"):
        state_from(bytes_of(State(options=OPTIONS, version=2)))


def beginning(**there):
    return state_to_begin_with(
        OPTIONS,
        **{
            "found": None,
            "has_part": False,
            "has_target": False,
            "resume": False,
            "force": False,
            **there,
        },
    )


BEGUN = State(options=OPTIONS, cursor="fctxn_1", length=9, count=1)
DONE = State(options=OPTIONS, cursor="fctxn_1", length=9, count=1, is_complete=True)


@pytest.mark.parametrize(
    ("there", "hint"),
    [
        ({"has_target": True}, "--force replaces it"),
        ({"has_target": True, "resume": True}, "--force replaces it"),
        ({"has_part": True}, "go on with --resume"),
        (
            {"has_part": True, "found": BEGUN, "resume": True, "has_target": True},
            "--force replaces it",
        ),
        (
            {"has_part": True, "found": DONE, "resume": True, "has_target": True},
            "--force replaces it",
        ),
        ({"found": BEGUN, "resume": True}, "is gone"),
        ({"found": DONE, "resume": True}, "is gone"),
        (
            {
                "has_part": True,
                "found": State(options={**OPTIONS, "account": "fca_2"}),
                "resume": True,
            },
            "another account",
        ),
    ],
)
def test_an_export_does_not_begin_where_it_would_spoil_something(there, hint):
    with pytest.raises(UsageError, match=hint):
        beginning(**there)


@pytest.mark.parametrize(
    ("there", "state"),
    [
        ({}, State(options=OPTIONS)),
        ({"resume": True}, State(options=OPTIONS)),
        ({"resume": True, "has_part": True}, State(options=OPTIONS)),
        ({"force": True, "has_part": True}, State(options=OPTIONS, may_overwrite=True)),
        ({"resume": True, "has_part": True, "found": BEGUN}, BEGUN),
        ({"resume": True, "has_target": True, "found": DONE}, DONE),
        (
            {"resume": True, "force": True, "has_part": True, "found": BEGUN},
            evolve(BEGUN, may_overwrite=True),
        ),
    ],
)
def test_an_export_begins_anew_or_goes_on(there, state):
    assert state == beginning(**there)


def exported(run, account, to, *more):
    return run("transactions", "export", "--account", account, "--to", to, *more)


@pytest.fixture
def account(sandbox):
    return sandbox.add_account(transactions=250)


def test_an_export_is_what_a_list_is(run, account, tmp_path):
    status, out, err = exported(run, account, tmp_path / "out.jsonl")
    assert (0, "") == (status, err)
    assert {"path": str(tmp_path / "out.jsonl"), "transactions": 250} == json.loads(out)
    assert (
        run("transactions", "list", "--account", account)[1]
        == (tmp_path / "out.jsonl").read_text()
    )
    assert [tmp_path / "out.jsonl"] == list(tmp_path.iterdir())


def test_csv_and_parquet_have_the_rows_of_the_lines(run, account, tmp_path):
    for name in ("out.jsonl", "out.csv", "out.parquet"):
        assert 0 == exported(run, account, tmp_path / name)[0]
    rows = [
        row_from(json.loads(line))
        for line in (tmp_path / "out.jsonl").read_text().splitlines()
    ]
    assert rows == parquet.read_table(tmp_path / "out.parquet").to_pylist()
    header, *lines = (tmp_path / "out.csv").read_text().splitlines()
    assert ",".join(COLUMNS) == header
    assert [row["id"] for row in rows] == [line.partition(",")[0] for line in lines]


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_an_account_without_transactions_gives_a_file_without_rows(
    run, sandbox, tmp_path, ending
):
    target = tmp_path / f"out{ending}"
    assert 0 == exported(run, sandbox.add_account(), target)[0]
    if ending == ".parquet":
        assert (0, list(COLUMNS)) == (
            (table := parquet.read_table(target)).num_rows,
            table.column_names,
        )
    else:
        assert ("", ",".join(COLUMNS) + "\n")[ending == ".csv"] == target.read_text()


def test_an_export_is_for_its_owner_alone(run, account, tmp_path):
    for name in ("out.csv", "out.parquet"):
        exported(run, account, tmp_path / name)
        assert 0o600 == stat.S_IMODE((tmp_path / name).stat().st_mode)


def test_what_is_there_is_replaced_only_by_force(run, account, tmp_path):
    target = tmp_path / "out.jsonl"
    target.write_text("mine")
    assert 2 == exported(run, account, target)[0]
    assert "mine" == target.read_text()
    assert 0 == exported(run, account, target, "--force")[0]
    assert 250 == len(target.read_text().splitlines())


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path):
    target = tmp_path / "out.jsonl"
    with Export(
        target, format_of(target), OPTIONS, resume=False, force=False
    ) as export:
        export.append([{"id": "fctxn_1"}], "fctxn_1", is_last=True)
        target.write_text("mine")
        with pytest.raises(UsageError, match="--resume --force"):
            export.publish()
    assert "mine" == target.read_text()
    with Export(target, format_of(target), OPTIONS, resume=True, force=True) as export:
        export.publish()
    assert '{"id":"fctxn_1"}\n' == target.read_text()


def test_two_exports_do_not_write_to_one_file(tmp_path):
    target = tmp_path / "out.jsonl"
    with Export(target, format_of(target), OPTIONS, resume=False, force=False):
        for wish in (
            {"resume": True, "force": False},
            {"resume": False, "force": True},
        ):
            with pytest.raises(UsageError, match="another export"):
                Export(target, format_of(target), OPTIONS, **wish).__enter__()


def test_an_export_that_breaks_says_how_to_go_on_and_does(
    run, sandbox, account, tmp_path
):
    target = tmp_path / "out.csv"
    exported(run, account, tmp_path / "whole.csv")
    sandbox.inject(
        Fault("latency", operation="list_transactions"),
        Fault("server_error", times=None),
    )
    status, out, err = exported(run, account, target, "--max-retries", "0")
    assert (4, "") == (status, out)
    assert err.endswith("100 transactions are kept: --resume goes on after them\n")
    assert not target.exists()
    sandbox.api.faults.clear()
    assert 2 == exported(run, account, target)[0]
    assert 2 == exported(run, account, target, "--resume", "--since", "2023-01-01")[0]
    sandbox.add_transactions(account, 3)
    assert 0 == exported(run, account, target, "--resume")[0]
    assert (tmp_path / "whole.csv").read_bytes() == target.read_bytes()
    assert {"whole.csv", "out.csv"} == {path.name for path in tmp_path.iterdir()}


def test_what_fails_before_the_first_page_leaves_nothing(
    run, sandbox, account, monkeypatch, tmp_path
):
    target = tmp_path / "out.csv"
    assert 4 == exported(run, "fca_nowhere", target)[0]
    assert 2 == exported(run, account, target, "--sandbox")[0]
    monkeypatch.setenv("STRIPE_API_KEY", "")
    assert 2 == exported(run, account, target)[0]
    assert [] == list(tmp_path.iterdir())


def test_without_a_key_force_does_not_cost_an_unfinished_export(
    run, sandbox, account, monkeypatch, tmp_path
):
    sandbox.inject(
        Fault("latency", operation="list_transactions"),
        Fault("server_error", times=None),
    )
    exported(run, account, tmp_path / "out.jsonl", "--max-retries", "0")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setenv("STRIPE_API_KEY", "")
    assert 2 == exported(run, account, tmp_path / "out.jsonl", "--force")[0]
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(before) == 2


def test_links_beside_an_export_lead_nowhere(run, account, tmp_path):
    victim, gone = tmp_path / "victim", tmp_path / "gone"
    victim.write_text("mine")
    (tmp_path / ".a.csv.part.state.tmp").symlink_to(victim)
    (tmp_path / ".a.csv.part").symlink_to(gone)
    (tmp_path / ".b.parquet.part.tmp").symlink_to(victim)
    (tmp_path / ".c.csv.part").hardlink_to(victim)
    os.mkfifo(tmp_path / ".d.csv.part")
    for name in ("a.csv", "c.csv", "d.csv"):
        status, _, err = exported(run, account, tmp_path / name, "--force")
        assert (2, True) == (
            status,
            err.endswith(".part: it must be a file of yours, and no link\n"),
        ), err
    (tmp_path / ".a.csv.part").unlink()
    for name in ("a.csv", "b.parquet"):
        assert 0 == exported(run, account, tmp_path / name)[0]
    assert ("mine", False) == (victim.read_text(), gone.exists())


def test_a_link_that_leads_nowhere_is_a_target_that_is_there(run, account, tmp_path):
    target, elsewhere = tmp_path / "out.csv", tmp_path / "elsewhere.csv"
    target.symlink_to(elsewhere)
    status, _, err = exported(run, account, target)
    assert (2, True) == (
        status,
        "the file is there already: --force replaces it" in err,
    )
    assert (True, [target]) == (target.is_symlink(), list(tmp_path.iterdir()))
    assert 0 == exported(run, account, target, "--force")[0]
    assert (False, False) == (target.is_symlink(), elsewhere.exists())
    assert target.read_bytes().startswith(b"id,object,")


def test_a_link_that_appears_during_an_export_is_not_replaced(tmp_path):
    target = tmp_path / "out.jsonl"
    with Export(
        target, format_of(target), OPTIONS, resume=False, force=False
    ) as export:
        export.append([{"id": "fctxn_1"}], "fctxn_1", is_last=True)
        target.symlink_to(tmp_path / "nowhere")
        with pytest.raises(UsageError, match="appeared meanwhile"):
            export.publish()
    assert target.is_symlink()


def test_a_draft_of_a_cursor_takes_no_name_that_is_taken(run, account, tmp_path):
    (tmp_path / "cursor.tmp").write_text("notes")
    assert (
        0
        == run(
            "transactions", "sync", "--account", account, "--state", tmp_path / "cursor"
        )[0]
    )
    assert "notes" == (tmp_path / "cursor.tmp").read_text()
    assert {"cursor", "cursor.tmp"} == {path.name for path in tmp_path.iterdir()}
    assert 0o600 == stat.S_IMODE((tmp_path / "cursor").stat().st_mode)


def test_an_unfinished_export_is_for_its_owner_alone_whoever_made_its_part(tmp_path):
    target = tmp_path / "out.jsonl"
    (tmp_path / ".out.jsonl.part").touch(0o644)
    with Export(target, format_of(target), OPTIONS, resume=True, force=False) as export:
        assert 0o600 == stat.S_IMODE((tmp_path / ".out.jsonl.part").stat().st_mode)
        export.append([{"id": "fctxn_1"}], "fctxn_1", is_last=False)


def test_drafts_that_a_kill_has_left_are_swept(run, account, tmp_path):
    (tmp_path / ".out.csv.part.state.abcdefgh.tmp").write_text("{")
    assert 0 == exported(run, account, tmp_path / "out.csv")[0]
    assert [tmp_path / "out.csv"] == list(tmp_path.iterdir())


def test_a_full_disk_is_told_with_the_file_and_how_to_go_on(many, tmp_path):
    [account] = many.accounts()
    export = f"$fincon --base-url {many.url} transactions export --account {account['id']} --to out.csv"
    full = in_shell(
        f"cd {tmp_path}; trap '' XFSZ; (ulimit -f 100; {export})", **many.env
    )
    assert 1 == full.returncode
    assert full.stderr.startswith("fincon: .out.csv.part: File too large; ")
    assert full.stderr.endswith(" transactions are kept: --resume goes on after them\n")


def test_force_starts_an_unfinished_export_over(run, sandbox, account, tmp_path):
    sandbox.inject(
        Fault("latency", operation="list_transactions"),
        Fault("server_error", times=None),
    )
    exported(run, account, tmp_path / "out.jsonl", "--max-retries", "0")
    sandbox.api.faults.clear()
    sandbox.add_transactions(account, 3)
    assert 0 == exported(run, account, tmp_path / "out.jsonl", "--force")[0]
    assert 253 == len((tmp_path / "out.jsonl").read_text().splitlines())


class Killed(BaseException):
    """What stands in for SIGKILL: nothing handles it."""


def killed(export, *_):
    if export._file:
        export._file.close()


def pages():
    return [
        [{"id": f"fctxn_{page}{item}", "amount": item} for item in range(2)]
        for page in range(3)
    ]


def an_export(target, *, resume):
    """Export as the command does, from pages that are cut by a cursor."""
    with Export(
        target, format_of(target), OPTIONS, resume=resume, force=False
    ) as export:
        done = export.state.count // 2
        for number, page in enumerate(pages()[done:], done):
            if not export.state.is_complete:
                export.append(page, page[-1]["id"], is_last=number == 2)
        export.publish()


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_before_or_after_any_step_an_export_goes_on_to_the_same_end(
    monkeypatch, tmp_path, ending, after
):
    """
    A step is whatever reaches the disk: an fsync, a rename, the removal of a file.

    What a kill ends tidies nothing up; only the lock goes.
    """
    whole = tmp_path / f"whole{ending}"
    an_export(whole, resume=False)
    expected = whole.read_bytes()
    kills = 0
    while True:
        target = tmp_path / f"{kills}{ending}"
        steps = iter([False] * kills + [True])

        def killing(real, steps=steps):
            def step(*args, **kwargs):
                die = next(steps, False)
                if die and not after:
                    raise Killed
                result = real(*args, **kwargs)
                if die:
                    raise Killed
                return result

            return step

        with monkeypatch.context() as patch:
            patch.setattr(Export, "__exit__", killed)
            patch.setattr(os, "fsync", killing(os.fsync))
            patch.setattr(type(target), "replace", killing(type(target).replace))
            patch.setattr(type(target), "unlink", killing(type(target).unlink))
            try:
                an_export(target, resume=False)
            except Killed:
                kills += 1
            else:
                break
        if list(tmp_path.glob(".*")):  # else the last thing that was left to do is done
            an_export(target, resume=True)
        assert expected == target.read_bytes()
        assert not list(tmp_path.glob(".*"))
    assert kills > 12


def test_a_state_that_is_damaged_is_no_hindrance_to_starting_over(
    run, account, tmp_path
):
    (tmp_path / ".out.csv.part").write_text("id\nfctxn_1\n")
    (tmp_path / ".out.csv.part.state").write_text("{")
    for wish, status in ([], 2), (["--resume"], 2), (["--force"], 0):
        assert status == exported(run, account, tmp_path / "out.csv", *wish)[0]
    assert 251 == len((tmp_path / "out.csv").read_text().splitlines())
    assert [tmp_path / "out.csv"] == list(tmp_path.iterdir())


@pytest.mark.parametrize("cut", ["length", "gone"])
def test_a_part_that_is_not_what_its_state_says_is_refused(tmp_path, cut):
    target = tmp_path / "out.jsonl"
    with Export(
        target, format_of(target), OPTIONS, resume=False, force=False
    ) as export:
        export.append(pages()[0], "fctxn_01", is_last=False)
    part = tmp_path / ".out.jsonl.part"
    part.write_bytes(part.read_bytes()[:-1]) if cut == "length" else part.unlink()
    with pytest.raises(UsageError, match="start over with --force"):
        Export(target, format_of(target), OPTIONS, resume=True, force=False).__enter__()


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "state"
    durable.write(path, b"before")
    monkeypatch.setattr(
        os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "disk full"))
    )
    with pytest.raises(OSError, match="disk full"):
        durable.write(path, b"after")
    assert b"before" == path.read_bytes()


def kept(target):
    """How many transactions the state of an export says are kept."""
    try:
        return json.loads(target.with_name(f".{target.name}.part.state").read_bytes())[
            "count"
        ]
    except FileNotFoundError:
        return 0


@contextmanager
def held(bank, pages):
    """Let the bank give so many pages, and no more: however slow this test is, no
    export ends before it looks.
    """
    with httpx.Client(base_url=f"{bank.url}/_sandbox", auth=(bank.key, "")) as control:
        for fault in ({"times": pages}, {"times": 1, "seconds": 3_600}):
            fault |= {"kind": "latency", "operation": "list_transactions"}
            control.post("/faults", json=fault).raise_for_status()
        yield
        control.delete("/faults").raise_for_status()


def stopped(args, bank, target, count, number):
    """Run an export until so many transactions are kept; send it a signal; return its
    status and its stderr.
    """
    pages = (count - kept(target)) // 100 + 20
    with held(bank, pages), started(*args, **bank.env) as process:
        end = time.monotonic() + 30
        while (
            process.poll() is None and kept(target) < count and time.monotonic() < end
        ):
            pass
        process.send_signal(number)
        _, err = process.communicate()
        return process.returncode, err


@pytest.mark.parametrize("ending", [".csv"])  # the others are among the long tests
def test_an_export_of_25000_that_is_killed_again_and_again_equals_one_that_is_not(
    many, tmp_path, ending
):
    [account] = many.accounts()
    whole, target = tmp_path / f"whole{ending}", tmp_path / f"out{ending}"
    export = (
        "--base-url",
        many.url,
        "transactions",
        "export",
        "--account",
        account["id"],
        "--to",
    )
    [told] = lines_of(fincon(*export, whole, **many.env))
    assert 25_000 == told["transactions"]
    for count in (1, 7_000, 16_000):
        status, err = stopped(
            (*export, target, "--resume"), many, target, count, signal.SIGKILL
        )
        assert (-signal.SIGKILL, "") == (status, err)
        assert 25_000 > kept(target) >= count
        assert not target.exists()
    lines_of(fincon(*export, target, "--resume", **many.env))
    if ending == ".parquet":
        tables = [parquet.read_table(path) for path in (whole, target)]
        assert tables[0].equals(tables[1])
        assert 3 == parquet.ParquetFile(target).num_row_groups
    else:
        assert whole.read_bytes() == target.read_bytes()
    assert {whole, target} == set(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_an_export_that_is_interrupted_says_how_to_go_on(
    many, tmp_path, number, status
):
    [account] = many.accounts()
    target = tmp_path / "out.csv"
    export = (
        "--base-url",
        many.url,
        "transactions",
        "export",
        "--account",
        account["id"],
        "--to",
        target,
    )
    ended, err = stopped(export, many, target, 500, number)
    assert status == ended, err
    assert err.startswith("fincon: interrupted; ")
    assert err.endswith(" transactions are kept: --resume goes on after them\n")
    assert (1, True) == (len(err.splitlines()), not target.exists())
