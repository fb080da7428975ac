"""The `fincon trigger` command."""

import pytest

from financial_connections._generated.events import EVENT_CLASSES
from financial_connections.cli.trigger import EVENTS
from financial_connections.webhooks import SnapshotEvent

PREFIX = "financial_connections."


def test_every_snapshot_event_can_be_triggered():
    assert {PREFIX + name for name in EVENTS} == {
        name
        for name, event_class in EVENT_CLASSES.items()
        if issubclass(event_class, SnapshotEvent)
    }


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_produced_with_a_new_account(rows, sandbox, name):
    [event] = rows("trigger", name)
    assert PREFIX + name == event["type"]
    assert event in sandbox.events
    [account] = sandbox.accounts
    if name.startswith("account."):
        assert account == event["data"]["object"]["id"]


@pytest.mark.parametrize(
    "name", ["deactivated", "reactivated", "disconnected", "refreshed_balance"]
)
def test_an_event_is_produced_with_an_existing_account(rows, sandbox, name):
    account = sandbox.add_account()
    [event] = rows("trigger", f"{PREFIX}account.{name}", "--account", account)
    assert (account, [account]) == (event["data"]["object"]["id"], sandbox.accounts)
    assert 1 == len(rows("trigger", "account.created"))


@pytest.mark.parametrize(
    ("args", "status", "message"),
    [
        (
            ["account.vanished"],
            2,
            "is not an event; use one of account.account_numbers",
        ),
        (["account.created", "--account", "fca_1"], 2, "always uses a new account"),
        (["account.deactivated", "--account", "fca_1"], 4, "no account fca_1"),
        (["account.disconnected", "--account", "fca_1"], 4, "No such"),
    ],
)
def test_errors_say_what_is_wrong(run, args, status, message):
    actual, out, err = run("trigger", *args)
    assert (status, "") == (actual, out)
    assert message in err


def test_an_event_that_does_not_occur_is_reported(run, sandbox):
    account = sandbox.add_account(transactions=1)
    sandbox.deactivate(account)
    args = ("account.deactivated", "--account", account)
    status, out, err = run("trigger", *args)
    assert (4, "") == (status, out)
    assert "the sandbox has not produced account.deactivated" in err


def test_stripe_cannot_be_triggered(run):
    status, _, err = run("trigger", "account.created", url="https://api.stripe.com")
    assert 2 == status
    assert "this command needs a sandbox" in err
