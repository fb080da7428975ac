"""The embedded sandbox of `--sandbox`."""

import json

import pytest

from financial_connections.cli import main

CUSTOMER = "cus_c24f971945bd0a85fa4122cf"
CREATE = ("sessions", "create", "--customer", CUSTOMER, "--permission", "balances")


@pytest.fixture
def run(capsys, monkeypatch):
    """A function that runs a command with `--sandbox`."""
    monkeypatch.delenv("FINCON_SANDBOX_STATE", raising=False)

    def run(*args):
        status = main(["--sandbox", *args])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def state(monkeypatch, run, tmp_path):
    """A file in which the sandbox keeps its state."""
    file = tmp_path / "state"
    monkeypatch.setenv("FINCON_SANDBOX_STATE", str(file))
    return file


def created(run):
    status, out, err = run(*CREATE)
    assert 0 == status, err
    return json.loads(out)["id"]


def test_without_a_file_each_command_starts_with_the_same_data(run):
    session = created(run)
    status, _, err = run("sessions", "retrieve", session)
    assert 4 == status
    assert err.endswith(
        "; each --sandbox command starts with the same data;"
        " set FINCON_SANDBOX_STATE to a file that keeps changes\n"
    )
    assert "check the ID" not in err


def test_a_change_that_would_be_lost_is_rejected(run):
    status, out, err = run("sandbox", "advance", "60")
    assert (2, "") == (status, out)
    assert "set FINCON_SANDBOX_STATE" in err


def test_a_file_keeps_changes_for_the_next_command(run, state):
    session = created(run)
    assert 0 == run("sandbox", "complete", session)[0]
    _, out, _ = run("accounts", "list", "--session", session)
    assert CUSTOMER == json.loads(out)["account_holder"]["customer"]
    times = [json.loads(run("sandbox", "advance", "60")[1])["now"] for _ in range(2)]
    assert 60 == times[1] - times[0]
    status, _, err = run("sessions", "retrieve", "fcsess_unknown")
    assert 4 == status
    assert "check the ID" in err


def test_a_new_file_holds_the_demo_data(run, state):
    with_state = run("accounts", "list")
    state.unlink()
    assert 0 == with_state[0]
    assert with_state == run("accounts", "list")


def test_a_file_that_cannot_be_used_is_reported(run, state):
    state.write_text("not a state")
    status, out, err = run("accounts", "list")
    assert (2, "") == (status, out)
    assert err.startswith("fincon: FINCON_SANDBOX_STATE: ")
    assert "not a state" == state.read_text()


def test_a_missing_directory_is_reported(run, state, monkeypatch):
    monkeypatch.setenv("FINCON_SANDBOX_STATE", str(state / "missing"))
    status, _, err = run("accounts", "list")
    assert 2 == status
    assert "cannot use" in err
