"""Webhook events: classes, unknown fields, and rejected payloads."""

import copy
import json
import pickle
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import API_VERSION, InvalidArgumentError, webhooks
from financial_connections._generated.events import EVENT_CLASSES
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

SNAPSHOTS = [
    (event_type, cls)
    for event_type, cls in EVENT_CLASSES.items()
    if issubclass(cls, webhooks.SnapshotEvent)
]
ABOUT_ACCOUNTS = [
    (event_type, cls)
    for event_type, cls in SNAPSHOTS
    if issubclass(cls, webhooks.AccountEvent)
]


def test_every_event_type_has_a_public_class():
    assert {"financial_connections.account.created"} < EVENT_CLASSES.keys()
    for cls in EVENT_CLASSES.values():
        assert getattr(webhooks, cls.__name__) is cls
        assert cls.__name__ in webhooks.__all__
        assert "financial_connections.webhooks" == cls.__module__
        assert cls.__doc__


@pytest.mark.parametrize(("event_type", "cls"), ABOUT_ACCOUNTS)
def test_each_event_type_is_parsed_into_its_class(event_type, cls):
    event = parse_event(event_with(type=event_type))
    assert (cls, event_type) == (type(event), event.type)
    assert Account.from_dict(ACCOUNT) == event.data.object
    assert ACCOUNT["id"] == event.object_id
    assert {"status": "inactive"} == event.data.previous_attributes
    assert ("evt_1", NOW - 1, False, API_VERSION) == (
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
    event = parse_event(event_with(data=later, workspace="wksp_1"))
    assert {"workspace": "wksp_1"} == event.extra
    assert ({"hint": 1}, {"colour": "red"}) == (
        event.data.extra,
        event.data.object.extra,
    )
    assert "asleep" == event.data.object.status
    assert not event.data.object.status.is_known
    assert EVENT | {"data": later, "workspace": "wksp_1"} == event.to_dict()


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


@pytest.mark.parametrize("version", ["2022-11-15", "2023-10-16", "2099-01-01.future"])
def test_an_event_of_another_api_version_is_lossless(version):
    old = {"id": "fca_1", "object": "linked_account", "balances": {"usd": 5}}
    body = event_with(api_version=version, data={"object": old})
    event = construct_event(
        body, sign(body, SECRET, NOW), SECRET, now=NOW, on_version_mismatch="ignore"
    )
    assert EVENT | {"api_version": version, "data": {"object": old}} == event.to_dict()
    assert old == event.data.object.to_dict()


def test_events_can_be_pickled_copied_and_compared():
    event = parse_event(PAYLOAD)
    assert event == pickle.loads(pickle.dumps(event)) == copy.deepcopy(event)
    assert event != parse_event(event_with(id="evt_2"))
    assert event != parse_event(
        event_with(type="financial_connections.account.created")
    )
    assert {event} == {event, parse_event(PAYLOAD)}


@pytest.mark.parametrize(
    "name",
    ["AccountCreated", "AccountEventData", "EventRequest", "UnknownEventData"],
)
def test_a_pickle_that_refers_to_the_module_of_the_parser_is_read(name):
    cls = getattr(webhooks, name)
    current = pickle.dumps(cls.from_dict(EVENT), protocol=0)
    older = current.replace(
        f"c{cls.__module__}\n".encode(), b"cfinancial_connections.webhooks.events\n"
    )
    assert older != current
    assert cls.from_dict(EVENT) == pickle.loads(older)


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
