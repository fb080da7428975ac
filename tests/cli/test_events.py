"""The `fincon events` commands."""

import io

import pytest
from rich.console import Console

from financial_connections.cli import event_details
from financial_connections.webhooks import SnapshotEvent

CREATED = "financial_connections.account.created"
DEACTIVATED = "financial_connections.account.deactivated"
NOW = 1_700_000_000


def types_of(rows):
    return [row["type"] for row in rows]


@pytest.fixture
def account(sandbox):
    account = sandbox.add_account()
    sandbox.advance(86_400)
    sandbox.add_webhook("http://127.0.0.1:9/hook")
    sandbox.deactivate(account)
    return account


def test_events_are_listed_newest_first(rows, sandbox, account):
    assert [DEACTIVATED, CREATED] == types_of(rows("events", "list"))
    assert [DEACTIVATED] == types_of(rows("events", "list", "--limit", "1"))
    assert [CREATED] == types_of(rows("events", "list", "--type", CREATED))
    assert [DEACTIVATED] == types_of(rows("events", "list", "--undelivered"))


def test_events_can_be_selected_by_position_and_time(rows, sandbox, account):
    created, deactivated = sandbox.events
    assert [created] == rows("events", "list", "--until", deactivated["created"] - 1)
    assert [DEACTIVATED] == types_of(rows("events", "list", "--after", created["id"]))
    assert [DEACTIVATED] == types_of(
        rows("events", "list", "--since", created["created"] + 1)
    )
    older = rows("events", "list", "--starting-after", deactivated["id"])
    assert [CREATED] == types_of(older)


def test_an_event_is_shown(rows, sandbox, account):
    [created, _] = sandbox.events
    assert [created] == rows("events", "retrieve", created["id"])


@pytest.mark.parametrize(("width", "shows_object"), [(80, False), (120, True)])
def test_the_table_shows_times_types_and_ids(width, shows_object):
    event = SnapshotEvent.from_dict(
        {
            "id": "evt_06036572206dd5a3ab97b141",
            "object": "event",
            "type": CREATED,
            "created": NOW - 3600,
            "data": {"object": {"id": "fca_4b29411f15a1ca9e28469ee2"}},
        }
    )
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(event_details.events([event, SnapshotEvent.from_dict({})], NOW))
    shown = console.file.getvalue()
    for text in ("2023-11-14 21:13", " account.created ", event.id):
        assert text in shown
    assert shows_object == ("fca_4b29411f15a1ca9e28469ee2" in shown)
    assert shows_object == ("1 hour ago" in shown)
