"""Exports and existing files: links, permissions, concurrent exports and damage."""

import errno
import os
import stat

import pytest

from financial_connections.cli import atomic
from financial_connections.cli.export import Export
from financial_connections.cli.failure import UsageError
from financial_connections.cli.formats import format_for

OPTIONS = {"account": "fca_1", "format": ".csv"}


def new_export(target, *, resume=False, force=False):
    return Export(target, format_for(target), OPTIONS, resume=resume, force=force)


@pytest.fixture
def export(run, sandbox):
    account = sandbox.add_account(transactions=250)
    command = ("transactions", "export", "--account", account, "--to")
    return lambda target, *more: run(*command, target, *more)


def test_a_file_created_during_an_export_is_not_replaced(tmp_path):
    target = tmp_path / "out.jsonl"
    with new_export(target) as export:
        export.append([{"id": "fctxn_1"}], "fctxn_1", is_last=True)
        target.write_text("mine")
        with pytest.raises(UsageError, match="--resume --force"):
            export.publish()
    assert "mine" == target.read_text()
    with new_export(target, resume=True, force=True) as export:
        export.publish()
    assert '{"id":"fctxn_1"}\n' == target.read_text()


def test_a_link_created_during_an_export_is_not_replaced(tmp_path):
    target = tmp_path / "out.jsonl"
    with new_export(target) as export:
        export.append([{"id": "fctxn_1"}], "fctxn_1", is_last=True)
        target.symlink_to(tmp_path / "nowhere")
        with pytest.raises(UsageError, match="created during the export"):
            export.publish()
    assert target.is_symlink()


def test_two_exports_cannot_write_to_the_same_file(tmp_path):
    target = tmp_path / "out.jsonl"
    with new_export(target):
        for flags in ({"resume": True}, {"force": True}):
            with pytest.raises(UsageError, match="another export"):
                new_export(target, **flags).__enter__()


def test_links_in_place_of_the_part_are_not_followed(export, tmp_path):
    victim, missing = tmp_path / "victim", tmp_path / "missing"
    victim.write_text("mine")
    (tmp_path / ".a.csv.part.state.tmp").symlink_to(victim)
    (tmp_path / ".a.csv.part").symlink_to(missing)
    (tmp_path / ".b.parquet.part.tmp").symlink_to(victim)
    (tmp_path / ".c.csv.part").hardlink_to(victim)
    os.mkfifo(tmp_path / ".d.csv.part")
    message = ".part must be a regular file that you own, not a link\n"
    for name in ("a.csv", "c.csv", "d.csv"):
        status, _, err = export(tmp_path / name, "--force")
        assert (2, True) == (status, err.endswith(message)), err
    (tmp_path / ".a.csv.part").unlink()
    for name in ("a.csv", "b.parquet"):
        assert 0 == export(tmp_path / name)[0]
    assert ("mine", False) == (victim.read_text(), missing.exists())


def test_a_broken_link_counts_as_an_existing_target(export, tmp_path):
    target, elsewhere = tmp_path / "out.csv", tmp_path / "elsewhere.csv"
    target.symlink_to(elsewhere)
    status, _, err = export(target)
    assert 2 == status
    assert "the file already exists; replace it with --force" in err
    assert (True, [target]) == (target.is_symlink(), list(tmp_path.iterdir()))
    assert 0 == export(target, "--force")[0]
    assert (False, False) == (target.is_symlink(), elsewhere.exists())
    assert target.read_bytes().startswith(b"id,object,")


def test_an_existing_part_becomes_readable_only_by_its_owner(tmp_path):
    part = tmp_path / ".out.jsonl.part"
    part.touch(0o644)
    with new_export(tmp_path / "out.jsonl", resume=True) as export:
        assert 0o600 == stat.S_IMODE(part.stat().st_mode)
        export.append([{"id": "fctxn_1"}], "fctxn_1", is_last=False)


@pytest.mark.parametrize("damage", ["truncated", "removed"])
def test_a_part_that_does_not_match_its_state_is_rejected(tmp_path, damage):
    target, part = tmp_path / "out.jsonl", tmp_path / ".out.jsonl.part"
    with new_export(target) as export:
        export.append([{"id": "fctxn_1"}], "fctxn_1", is_last=False)
    if damage == "truncated":
        part.write_bytes(part.read_bytes()[:-1])
    else:
        part.unlink()
    with pytest.raises(UsageError, match="start over with --force"):
        new_export(target, resume=True).__enter__()


def test_a_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "state"
    atomic.write_file(path, b"before")

    def fail(_):
        raise OSError(errno.ENOSPC, "disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        atomic.write_file(path, b"after")
    assert b"before" == path.read_bytes()
