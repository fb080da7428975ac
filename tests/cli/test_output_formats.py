"""`--output`, `--columns` and `--query`."""

import csv
import io
import json

import pytest

from financial_connections.sandbox import Fault
from tests.support.cli_process import run_in_terminal, strip_escapes


@pytest.fixture
def accounts(sandbox):
    """The IDs of two accounts, newest first."""
    customer = sandbox.add_customer()
    older = sandbox.add_account(customer=customer, balance=100)
    newer = sandbox.add_account(customer=customer, balance=-250)
    return [newer, older]


def test_json_is_one_indented_document(run, accounts):
    _, out, _ = run("accounts", "list", "--output", "json")
    assert accounts == [account["id"] for account in json.loads(out)]
    assert '\n    "id": "' in out
    _, out, _ = run("-o", "json", "accounts", "retrieve", accounts[0])
    assert accounts[0] == json.loads(out)["id"]
    sandbox_is_empty = run("events", "list", "-o", "json", "--type", "v1.billing.x")
    assert (0, "[]\n") == sandbox_is_empty[:2]


def test_json_lines_are_the_default_in_a_pipe(run, accounts):
    lines = run("accounts", "list", "--output", "jsonl")
    assert lines == run("accounts", "list") == run("accounts", "list", "--json")
    assert len(accounts) == len(lines[1].splitlines())


def test_csv_has_a_header_and_a_column_for_each_nested_field(run, accounts):
    _, out, _ = run("accounts", "list", "-o", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert accounts == [row["id"] for row in rows]
    assert ["-250", "100"] == [row["balance.current.usd"] for row in rows]
    assert "balance" not in rows[0]


def test_columns_select_fields_in_this_order(run, rows, accounts):
    columns = ("--columns", "balance.current.usd, id")
    assert [
        {"balance.current.usd": -250, "id": accounts[0]},
        {"balance.current.usd": 100, "id": accounts[1]},
    ] == rows("accounts", "list", *columns)
    _, out, _ = run("accounts", "list", *columns, "-o", "csv")
    assert (
        f"balance.current.usd,id\r\n-250,{accounts[0]}\r\n100,{accounts[1]}\r\n" == out
    )
    _, out, _ = run("accounts", "retrieve", accounts[1], *columns, "-o", "json")
    assert {"balance.current.usd": 100, "id": accounts[1]} == json.loads(out)


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
def test_a_column_that_no_result_has_is_reported(run, accounts, output):
    columns = ("--columns", "id,name.first")
    status, out, err = run("accounts", "list", *columns, "-o", output)
    assert (0, True) == (status, accounts[0] in out)
    assert "fincon: no result has a field name.first\n" == err


def test_a_query_applies_to_the_whole_list(run, rows, accounts):
    query = ("--query", "[?balance.current.usd > `0`].id")
    assert [accounts[1]] == rows("accounts", "list", *query)
    assert [2] == rows("accounts", "list", "--query", "length(@)")
    assert [accounts[0]] == rows("accounts", "retrieve", accounts[0], "--query", "id")
    _, out, _ = run("accounts", "list", *query, "--output", "csv")
    assert f"value\r\n{accounts[1]}\r\n" == out
    named = ("--query", "[].{account: id, usd: balance.current.usd}", "-o", "csv")
    _, out, _ = run("accounts", "list", *named)
    assert f"account,usd\r\n{accounts[0]},-250\r\n{accounts[1]},100\r\n" == out
    columns = ("--query", "[].balance.current", "--columns", "usd")
    assert [{"usd": -250}, {"usd": 100}] == rows("accounts", "list", *columns)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--query [", "--query: Invalid"),
        ("--columns id,,status", "--columns must be"),
        ("--output xml", "'--output'"),
        ("--json --output csv", "use only one of --json and --output"),
    ],
)
def test_an_invalid_selection_sends_no_request(run, sandbox, options, words):
    sandbox.inject(Fault("server_error", times=None))
    status, out, err = run("accounts", "list", *options.split())
    assert (2, "", 1) == (status, out, len(err.splitlines()))
    assert words in err


def test_a_query_that_fails_is_reported_in_one_line(run):
    for query, words in (
        ("nope(@)", "--query: Unknown function: nope()"),
        ("abs(@)", "--query: In function abs(), invalid type"),
    ):
        status, out, err = run("accounts", "list", "--query", query)
        assert (2, "", 1) == (status, out, len(err.splitlines()))
        assert words in err


def test_a_formula_is_escaped_in_csv(run, sandbox):
    account = sandbox.add_account(institution_name="=1+1")
    columns = ("--columns", "institution_name", "-o", "csv")
    _, out, _ = run("accounts", "retrieve", account, *columns)
    assert "institution_name\r\n'=1+1\r\n" == out
    account = sandbox.add_account(institution_name="a;=1+1")
    _, out, _ = run("accounts", "retrieve", account, *columns)
    assert 'institution_name\r\n"""a\\u003b=1+1"""\r\n' == out


def test_a_terminal_shows_a_table_of_the_selected_columns():
    shown, status = run_in_terminal(
        "--sandbox", "accounts", "list", "--columns", "id,status"
    )
    lines = strip_escapes(shown).splitlines()
    assert (0, ["id", "status"]) == (status, lines[0].split())
    assert 8 == len(lines)


def test_a_table_in_a_pipe_has_no_colours(run, accounts):
    _, out, _ = run("accounts", "list", "--output", "table")
    assert "$1.00" in out
    assert "\x1b" not in out
    assert accounts[0] in out


def test_a_sync_prints_only_json_lines(run, tmp_path, accounts):
    sync = ("transactions", "sync", "--account", accounts[0], "--state")
    assert 0 == run(*sync, tmp_path / "state", "--json")[0]
    for option in (["-o", "csv"], ["--columns", "id"], ["--query", "id"]):
        status, out, err = run(*sync, tmp_path / "other", *option)
        assert (2, "", True) == (status, out, "prints JSON Lines" in err)
    assert not (tmp_path / "other").exists()
