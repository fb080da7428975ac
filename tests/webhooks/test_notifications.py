"""Thin events: classes, unknown types, and payloads of any shape."""

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections import webhooks
from financial_connections._generated.events import EVENT_CLASSES
from financial_connections.webhooks import (
    EventNotification,
    RelatedObject,
    UnknownEventNotification,
    construct_event,
    parse_event,
    sign,
)
from tests.support.samples import ACCOUNT
from tests.support.webhooks import NOTIFICATION, NOW, SECRET, notification_with

THIN = [
    (event_type, cls)
    for event_type, cls in EVENT_CLASSES.items()
    if issubclass(cls, EventNotification)
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner)
    ),
    max_leaves=9,
)


@pytest.mark.parametrize(("event_type", "cls"), THIN)
def test_each_thin_event_type_is_parsed_into_its_class(event_type, cls):
    event = parse_event(notification_with(type=event_type))
    assert (cls, event_type) == (type(event), event.type)
    assert NOTIFICATION["created"] == event.created
    assert RelatedObject.from_dict(NOTIFICATION["related_object"]) == (
        event.related_object
    )
    assert ACCOUNT["id"] == event.object_id == event.related_object.id
    assert ("request", "req_1") == (event.reason.type, event.reason.request.id)
    assert () == event.misfits


def test_thin_events_have_a_class_for_each_outcome_of_a_refresh():
    names = {cls.__name__ for _, cls in THIN}
    assert {
        f"Account{feature}Refresh{outcome}Notification"
        for feature in ("Balance", "Ownership", "Transactions")
        for outcome in ("Succeeded", "Failed")
    } < names
    assert all(issubclass(cls, webhooks.AccountNotification) for _, cls in THIN)


def test_an_unknown_thin_type_is_parsed_into_an_unknown_notification():
    changes = {"type": "v2.core.event_destination.ping", "changes": {"a": [1]}}
    event = parse_event(notification_with(**changes))
    assert UnknownEventNotification is type(event)
    assert NOTIFICATION["related_object"] == event.related_object
    assert ACCOUNT["id"] == event.object_id
    assert NOTIFICATION | changes == event.to_dict()


@pytest.mark.parametrize(
    "broken",
    [
        {"created": 1_700_000_000},
        {"reason": "request"},
        {"related_object": None},
        {"related_object": {"type": "financial_connections.account"}},
        {"related_object": {"id": 5}},
    ],
)
def test_a_thin_event_that_violates_the_schema_is_parsed(broken):
    event = parse_event(notification_with(**broken))
    assert webhooks.AccountRefreshedBalanceNotification is type(event)
    assert NOTIFICATION | broken == event.to_dict()
    assert event.object_id in {ACCOUNT["id"], None}


def test_a_signed_thin_event_is_constructed():
    body = notification_with()
    event = construct_event(
        body, sign(body, SECRET, NOW), SECRET, now=NOW, on_version_mismatch="raise"
    )
    assert webhooks.AccountRefreshedBalanceNotification is type(event)


def test_thin_events_can_be_pickled_copied_and_compared():
    event = parse_event(notification_with())
    assert event == pickle.loads(pickle.dumps(event)) == copy.deepcopy(event)
    assert event != parse_event(notification_with(id="evt_test_2"))
    assert "evt_test_1" in repr(event)


@given(
    st.dictionaries(
        st.sampled_from([*NOTIFICATION, "data", "extra"]) | st.text(max_size=9), JSON
    ),
    st.sampled_from([*EVENT_CLASSES, "v1.unknown", None]),
)
def test_any_json_object_is_a_thin_event_without_loss(fields, event_type):
    payload = {**fields, "object": "v2.core.event", "type": event_type}
    event = parse_event(json.dumps(payload).encode())
    assert EVENT_CLASSES.get(event_type, UnknownEventNotification) is type(event)
    assert payload == event.to_dict()
    assert event.object_id is None or isinstance(event.object_id, str)
    assert event == pickle.loads(pickle.dumps(event))
