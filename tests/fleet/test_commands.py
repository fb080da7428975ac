"""The `fincon fleet` commands, except for the demonstration."""

import json
import os
import signal
from threading import Thread

import pytest
from rich.console import Console

from financial_connections.cli import main
from financial_connections.cli.choices import EngineName
from financial_connections.cli.fleet import tables
from financial_connections.fleet import DeadAccount, Progress
from financial_connections.sandbox import Sandbox, serve
from tests.support.cli_process import run_in_terminal, visible_screen
from tests.support.fleet.stores import query

PASSWORD = "hunter2"
URL = f"postgresql://user:{PASSWORD}@127.0.0.1:9/app"


@pytest.fixture
def sandbox():
    return Sandbox()


@pytest.fixture
def fleet(sandbox, database, monkeypatch, capsys):
    """A function that runs a command and returns its status and its output."""
    monkeypatch.setenv("STRIPE_API_KEY", sandbox.api_key)
    monkeypatch.setenv("DATABASE_URL", database)
    with serve(sandbox) as server:

        def run(*args):
            status = main(["--base-url", server.url, "fleet", *args])
            output = capsys.readouterr()
            if status:
                return status, output.err
            assert "" == output.err
            return 0, [json.loads(line) for line in output.out.splitlines()]

        yield run


@pytest.mark.parametrize("engine", EngineName)
def test_accounts_are_added_and_synced(fleet, sandbox, database, engine):
    accounts = [sandbox.add_account(transactions=3) for _ in range(2)]
    gone = sandbox.add_account(transactions=3)
    sandbox.disconnect(gone)
    assert (0, [{"migrations": 1, "queue_created": True}]) == fleet("init")
    assert (0, [{"migrations": 0, "queue_created": False}]) == fleet("init")
    assert (0, [{"due": 1}]) == fleet("add", accounts[0], "--tenant", "mine")
    assert (0, [{"due": 3}]) == fleet("add", "--all")
    assert (0, [{"queued": 3}]) == fleet("feed")
    work = ("work", "--engine", engine, "--until-idle", "--share-limit")
    assert (0, []) == fleet(*work)
    _, [status] = fleet("status")
    assert (2, 0, 1, 6) == tuple(
        status[name] for name in ("done", "due", "dead", "transactions")
    )
    _, [dead] = fleet("dead")
    assert gone == dead["account"]
    assert "disconnected" in dead["error"]
    assert (0, [{"revived": 0}]) == fleet("revive", accounts[0])
    assert (0, [{"revived": 1}]) == fleet("revive", "--all")
    assert (0, []) == fleet("dead")
    assert [("mine",)] == query(
        database, "SELECT tenant FROM fc_account WHERE account = %s", accounts[0]
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_stops_at_a_signal(fleet, sandbox, database, number):
    fleet("init")
    fleet("add", sandbox.add_account(transactions=3))

    def stop_when_done():
        for _ in range(5_000):
            if query(database, "SELECT done FROM fc_account WHERE done > 0"):
                break
        os.kill(os.getpid(), number)

    thread = Thread(target=stop_when_done)
    thread.start()
    assert (0, []) == fleet("work", "--engine", "in-process")
    thread.join()


@pytest.mark.parametrize("command", ["add", "revive"])
def test_accounts_and_all_are_exclusive(fleet, command):
    for arguments in [], ["fca_1", "--all"]:
        status, error = fleet(command, *arguments)
        assert 2 == status
        assert "either IDs of accounts or --all" in error


@pytest.mark.parametrize("command", ["status", "feed", "work", "dead"])
def test_missing_tables_are_reported(fleet, command):
    status, error = fleet(command)
    assert 2 == status
    assert "run fincon fleet init" in error


def test_a_missing_queue_is_reported(fleet, database):
    fleet("init")
    query(database, "DROP TABLE procrastinate_jobs CASCADE")
    for command in "feed", "work":
        status, error = fleet(command)
        assert 2 == status
        assert "run fincon fleet init" in error


@pytest.mark.parametrize(
    ("url", "status", "message"),
    [
        (None, 2, "no database; set DATABASE_URL"),
        (f"host=x {PASSWORD}", 2, "is not a connection URL"),
        (URL, 5, "cannot be reached"),
    ],
)
def test_an_unusable_database_is_reported_without_its_url(
    fleet, monkeypatch, url, status, message
):
    monkeypatch.delenv("DATABASE_URL")
    arguments = [] if url is None else ["--database-url", url]
    actual, error = fleet("status", *arguments)
    assert status == actual
    assert message in error
    assert PASSWORD not in error


def test_the_url_is_not_part_of_the_help(fleet, monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", URL)
    assert 0 == main(["fleet", "status", "--help"])
    assert PASSWORD not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "extra"), [("status", "cli,fleet"), ("demo", "fleet-demo")]
)
def test_a_missing_extra_is_named(fleet, monkeypatch, command, extra):
    for module in "database", "demo":
        name = f"financial_connections.cli.fleet.{module}.find_spec"
        monkeypatch.setattr(name, lambda _: None)
    status, error = fleet(command)
    assert 2 == status
    assert f"pip install 'path/to/financial-connections[{extra}]'" in error


def test_the_status_is_a_table_on_a_terminal(fleet, database):
    fleet("init")
    fleet("add", "fca_1", "fca_2")
    output, status = run_in_terminal("fleet", "status", DATABASE_URL=database)
    assert 0 == status
    lines = visible_screen(output).splitlines()
    assert ["accounts", "2"] == lines[0].split()
    assert "  due           2  waiting for a worker" in lines


def test_the_longest_wait_is_shown(capsys):
    progress = Progress(
        accounts=1_000,
        done=0,
        due=1_000,
        running=0,
        waiting=0,
        dead=0,
        backfill=1_000,
        transactions=0,
        oldest_due=3_600.4,
    )
    Console(width=80).print(tables.status(progress))
    lines = capsys.readouterr().out.splitlines()
    assert ["oldest", "due", "3,600", "s", "longest", "wait"] == lines[-1].split()


def test_errors_of_dead_accounts_cannot_control_the_terminal(capsys):
    error = "InvalidRequestError: \x1b[31m sk_test_secret"
    account = DeadAccount("fca_1", "", error, 1_700_000_000.0, 0)
    console = Console(width=100, force_terminal=False)
    console.print(tables.dead([account], 1_700_000_060.0))
    output = capsys.readouterr().out
    assert "1 minute ago" in output
    assert "\x1b" not in output
    assert "sk_test_secret" not in output
    console.print(tables.dead([], 0.0))
    assert "No account is dead." in capsys.readouterr().out
