"""The `fincon transactions export` command."""

import json
import stat

import pytest
from pyarrow import parquet

from financial_connections import data
from financial_connections.cli.rows import COLUMNS, row_from
from financial_connections.models import Transaction
from financial_connections.sandbox import Fault
from tests.support.cli_process import run_in_shell


@pytest.fixture
def account(sandbox):
    return sandbox.add_account(transactions=250)


@pytest.fixture
def export(run):
    def export(account, target, *more):
        command = ("transactions", "export", "--account", account, "--to", target)
        return run(*command, *more)

    return export


def fail_after_first_page(sandbox):
    sandbox.inject(
        Fault("latency", operation="list_transactions"),
        Fault("server_error", times=None),
    )


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_json_lines_export_matches_the_list(run, export, account, tmp_path):
    target = tmp_path / "out.jsonl"
    status, out, err = export(account, target)
    assert (0, "") == (status, err)
    assert {"path": str(target), "transactions": 250} == json.loads(out)
    _, listed, _ = run("transactions", "list", "--account", account)
    assert listed == target.read_text()
    assert [target] == list(tmp_path.iterdir())


def test_csv_and_parquet_contain_the_same_rows_as_json_lines(export, account, tmp_path):
    for name in ("out.jsonl", "out.csv", "out.parquet"):
        assert 0 == export(account, tmp_path / name)[0]
    transactions = [
        json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()
    ]
    table = data.to_arrow(map(Transaction.from_dict, transactions))
    assert table.equals(parquet.read_table(tmp_path / "out.parquet"))
    rows = [row_from(transaction) for transaction in transactions]
    header, *lines = (tmp_path / "out.csv").read_text().splitlines()
    assert ",".join(COLUMNS) == header
    assert [row["id"] for row in rows] == [line.partition(",")[0] for line in lines]


@pytest.mark.parametrize("extension", [".csv", ".jsonl", ".parquet"])
def test_an_export_without_transactions_has_no_rows(
    export, sandbox, tmp_path, extension
):
    target = tmp_path / f"out{extension}"
    assert 0 == export(sandbox.add_account(), target)[0]
    if extension == ".parquet":
        table = parquet.read_table(target)
        assert (0, data.schema(Transaction)) == (table.num_rows, table.schema)
    else:
        header = ",".join(COLUMNS) + "\n" if extension == ".csv" else ""
        assert header == target.read_text()


def test_an_export_is_readable_only_by_its_owner(export, account, tmp_path):
    for name in ("out.csv", "out.parquet"):
        export(account, tmp_path / name)
        assert 0o600 == stat.S_IMODE((tmp_path / name).stat().st_mode)


def test_an_existing_file_is_replaced_only_with_force(export, account, tmp_path):
    target = tmp_path / "out.jsonl"
    target.write_text("mine")
    assert 2 == export(account, target)[0]
    assert "mine" == target.read_text()
    assert 0 == export(account, target, "--force")[0]
    assert 250 == len(target.read_text().splitlines())


def test_a_failed_export_can_be_resumed(export, sandbox, account, tmp_path):
    target, whole = tmp_path / "out.csv", tmp_path / "whole.csv"
    export(account, whole)
    fail_after_first_page(sandbox)
    status, out, err = export(account, target, "--max-retries", "0")
    assert (4, "") == (status, out)
    assert err.endswith("100 transactions were kept; continue with --resume\n")
    assert not target.exists()
    sandbox.api.faults.clear()
    assert 2 == export(account, target)[0]
    assert 2 == export(account, target, "--resume", "--since", "2023-01-01")[0]
    sandbox.add_transactions(account, 3)
    assert 0 == export(account, target, "--resume")[0]
    assert whole.read_bytes() == target.read_bytes()
    assert {whole, target} == set(tmp_path.iterdir())


def test_force_restarts_an_unfinished_export(export, sandbox, account, tmp_path):
    target = tmp_path / "out.jsonl"
    fail_after_first_page(sandbox)
    export(account, target, "--max-retries", "0")
    sandbox.api.faults.clear()
    sandbox.add_transactions(account, 3)
    assert 0 == export(account, target, "--force")[0]
    assert 253 == len(target.read_text().splitlines())


def test_a_failure_before_the_first_page_leaves_no_files(
    export, account, monkeypatch, tmp_path
):
    target = tmp_path / "out.csv"
    assert 4 == export("fca_nowhere", target)[0]
    assert 2 == export(account, target, "--sandbox")[0]
    monkeypatch.setenv("STRIPE_API_KEY", "")
    assert 2 == export(account, target)[0]
    assert [] == list(tmp_path.iterdir())


def test_force_without_a_key_keeps_an_unfinished_export(
    export, sandbox, account, monkeypatch, tmp_path
):
    target = tmp_path / "out.jsonl"
    fail_after_first_page(sandbox)
    export(account, target, "--max-retries", "0")
    before = contents(tmp_path)
    monkeypatch.setenv("STRIPE_API_KEY", "")
    assert 2 == export(account, target, "--force")[0]
    assert before == contents(tmp_path)
    assert len(before) == 2


def test_a_damaged_state_does_not_prevent_starting_over(export, account, tmp_path):
    (tmp_path / ".out.csv.part").write_text("id\nfctxn_1\n")
    (tmp_path / ".out.csv.part.state").write_text("{")
    target = tmp_path / "out.csv"
    for options, status in ([], 2), (["--resume"], 2), (["--force"], 0):
        assert status == export(account, target, *options)[0]
    assert 251 == len(target.read_text().splitlines())
    assert [target] == list(tmp_path.iterdir())


def test_temporary_files_of_a_killed_process_are_removed(export, account, tmp_path):
    (tmp_path / ".out.csv.part.state.abcdefgh.tmp").write_text("{")
    assert 0 == export(account, tmp_path / "out.csv")[0]
    assert [tmp_path / "out.csv"] == list(tmp_path.iterdir())


def test_a_full_disk_is_reported_with_the_file_name_and_advice(many, tmp_path):
    [account] = many.accounts()
    command = (
        f"$fincon --base-url {many.url} transactions export"
        f" --account {account['id']} --to out.csv"
    )
    line = f"cd {tmp_path}; trap '' XFSZ; (ulimit -f 100; {command})"
    result = run_in_shell(line, **many.env)
    assert 1 == result.returncode
    assert result.stderr.startswith("fincon: .out.csv.part: File too large; ")
    assert result.stderr.endswith(" transactions were kept; continue with --resume\n")
