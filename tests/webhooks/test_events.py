"""Webhook events: classes, unknown fields, and rejected payloads."""

import copy
import json
import pickle
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import InvalidArgumentError, webhooks
from financial_connections.models import Account, AccountStatus
from financial_connections.sandbox import Sandbox
from financial_connections.webhooks import (
    UnknownEvent,
    construct_event,
    parse_event,
    sign,
)
from tests.support.samples import ACCOUNT, SESSION
from tests.support.webhooks import EVENT, NOW, PAYLOAD, SECRET, event_with

CLASSES = {
    "account_numbers_updated": webhooks.AccountNumbersUpdated,
    "created": webhooks.AccountCreated,
    "deactivated": webhooks.AccountDeactivated,
    "disconnected": webhooks.AccountDisconnected,
    "reactivated": webhooks.AccountReactivated,
    "refreshed_balance": webhooks.AccountRefreshedBalance,
    "refreshed_ownership": webhooks.AccountRefreshedOwnership,
    "refreshed_transactions": webhooks.AccountRefreshedTransactions,
    "upcoming_account_number_expiry": webhooks.UpcomingAccountNumberExpiry,
}


@pytest.mark.parametrize(("name", "cls"), CLASSES.items())
def test_each_event_type_is_parsed_into_its_class(name, cls):
    event_type = f"financial_connections.account.{name}"
    event = parse_event(event_with(type=event_type))
    assert (cls, event_type) == (type(event), event.type)
    assert Account.from_dict(ACCOUNT) == event.data.object
    assert {"status": "inactive"} == event.data.previous_attributes
    assert ("evt_1", NOW - 1, False, "2023-10-16") == (
        event.id,
        event.created,
        event.livemode,
        event.api_version,
    )
    assert event.request is not None
    assert event.request.id is None


@pytest.mark.parametrize(
    "event_type", ["charge.succeeded", "financial_connections.session.updated", None, 7]
)
def test_any_other_type_is_parsed_into_an_unknown_event(event_type):
    event = parse_event(event_with(type=event_type, data={"object": SESSION}))
    assert UnknownEvent is type(event)
    assert SESSION == event.data.object
    assert "tops3cret" not in repr(event)


def test_unknown_fields_and_values_are_kept():
    later = {"object": ACCOUNT | {"status": "asleep", "colour": "red"}, "hint": 1}
    event = parse_event(event_with(data=later, context="wksp_1"))
    assert {"context": "wksp_1"} == event.extra
    assert ({"hint": 1}, {"colour": "red"}) == (
        event.data.extra,
        event.data.object.extra,
    )
    assert "asleep" == event.data.object.status
    assert not event.data.object.status.is_known
    assert EVENT | {"data": later, "context": "wksp_1"} == event.to_dict()


@pytest.mark.parametrize(
    "broken",
    [
        {"data": None},
        {"data": []},
        {"data": {"object": "fca_1"}},
        {"id": 5},
        {"request": "req_1"},
    ],
)
def test_an_event_that_violates_the_schema_is_parsed(broken):
    event = parse_event(event_with(**broken))
    assert webhooks.AccountReactivated is type(event)
    assert EVENT | broken == event.to_dict()


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[]", b"null", b"\xff", b'"evt"', b"[" * 100_000]
)
def test_a_payload_that_is_not_a_json_object_is_rejected(payload):
    with pytest.raises(
        InvalidArgumentError, match="^payload: (it is|the JSON is) "
    ) as caught:
        parse_event(payload)
    assert caught.value.__suppress_context__
    assert caught.value.__context__.__context__ is None  # would contain the payload


def test_a_signed_payload_that_is_not_an_object_is_rejected():
    with pytest.raises(InvalidArgumentError, match="not a JSON object"):
        construct_event(b"[1]", sign(b"[1]", SECRET, NOW), SECRET, now=NOW)


def test_events_can_be_pickled_copied_and_compared():
    event = parse_event(PAYLOAD)
    assert event == pickle.loads(pickle.dumps(event)) == copy.deepcopy(event)
    assert event != parse_event(event_with(id="evt_2"))
    assert event != parse_event(
        event_with(type="financial_connections.account.created")
    )
    assert {event} == {event, parse_event(PAYLOAD)}


def test_the_repr_of_an_event_has_no_bank_data():
    event = parse_event(
        event_with(data={"object": ACCOUNT, "previous_attributes": {"last4": "6780"}})
    )
    assert "6789" not in repr(event)
    assert "6780" not in repr(event)
    assert "evt_1" in repr(event)


def test_all_sandbox_events_have_classes():
    sandbox = Sandbox()
    account = sandbox.add_account(balance=1, owners=1, transactions=1)
    sandbox.deactivate(account)
    sandbox.reactivate(account)
    sandbox.disconnect(account)
    events = [parse_event(json.dumps(event).encode()) for event in sandbox.events]
    assert 7 == len({type(event) for event in events})
    assert UnknownEvent not in map(type, events)
    assert AccountStatus.DISCONNECTED == events[-1].data.object.status


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_rejected(payload):
    try:
        event = parse_event(payload)
    except InvalidArgumentError:
        return
    assert isinstance(event.to_dict(), dict)


def test_importing_webhooks_imports_no_http_library():
    program = "import sys, financial_connections.webhooks; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    roots = {module.split(".")[0] for module in done.stdout.split()}
    assert "financial_connections" in roots
    assert not roots & {"httpx", "httpcore", "starlette", "fastapi", "stripe", "trio"}
