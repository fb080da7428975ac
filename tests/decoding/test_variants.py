"""Lists whose items are decoded into subclasses of their declared class."""

import json
import pickle

import pytest

from financial_connections._decoding import ContentError, decode
from financial_connections.models import SnapshotEventList
from financial_connections.webhooks import (
    AccountCreated,
    AccountCreatedNotification,
    AuthorizationUpcomingDeactivation,
    Event,
    EventNotification,
    SnapshotEvent,
    UnknownEvent,
    parse_event,
)
from tests.support.samples import ACCOUNT
from tests.support.webhooks import EVENT, NOTIFICATION

CREATED = EVENT | {"type": "financial_connections.account.created"}
UPCOMING = EVENT | {
    "type": "financial_connections.authorization.upcoming_deactivation",
    "data": {"object": {"id": "fcauth_1", "object": "financial_connections.x"}},
}
UNKNOWN = EVENT | {"type": "charge.failed", "new": {"field": 1.50}}


def list_of_events(*events, **fields):
    page = {"object": "list", "data": list(events), "has_more": True, "url": ""}
    return json.dumps(page | fields).encode()


def test_each_item_has_the_class_of_its_type():
    content = list_of_events(CREATED, UPCOMING, UNKNOWN)
    page = decode(SnapshotEventList, content, "req_1")
    classes = [AccountCreated, AuthorizationUpcomingDeactivation, UnknownEvent]
    assert classes == [type(item) for item in page.data]
    assert ACCOUNT["id"] == page.data[0].data.object.id
    assert ["req_1"] * 3 == [item.request_id for item in page.data]
    assert (True, "") == (page.has_more, page.url)


def test_items_equal_those_that_an_endpoint_receives():
    for event in (CREATED, UPCOMING, UNKNOWN):
        [item] = decode(SnapshotEventList, list_of_events(event), None).data
        assert parse_event(json.dumps(event).encode()) == item
        assert event == item.to_dict()


def test_nothing_is_lost():
    content = list_of_events(CREATED, UNKNOWN, new=[1])
    page = decode(SnapshotEventList, content, None)
    assert json.loads(content) == page.to_dict()
    assert {"new": {"field": 1.5}} == page.data[1].extra


def test_a_thin_event_in_a_list_keeps_its_class():
    page = decode(SnapshotEventList, list_of_events(NOTIFICATION, CREATED), None)
    assert isinstance(page.data[0], EventNotification)
    assert NOTIFICATION == page.data[0].to_dict()


@pytest.mark.parametrize(
    "damage", [{"created": "now"}, {"data": None}, {"id": None}, {"livemode": 3}]
)
def test_a_field_that_does_not_match_is_reported(damage):
    misfits = []
    content = list_of_events(CREATED | damage, UNKNOWN)
    page = decode(SnapshotEventList, content, None, on_misfits=misfits.append)
    assert [AccountCreated, UnknownEvent] == [type(item) for item in page.data]
    [field] = damage
    assert ((field,), [(f"AccountCreated.{field}",)]) == (page.data[0].misfits, misfits)
    assert CREATED | damage == page.data[0].to_dict()


def test_items_that_are_not_objects_are_dropped():
    content = list_of_events(1, CREATED, None, UNKNOWN)
    page = decode(SnapshotEventList, content, None)
    assert [AccountCreated, UnknownEvent] == [type(item) for item in page.data]
    assert ("data",) == page.misfits
    assert [1, CREATED, None, UNKNOWN] == page.to_dict()["data"]


def test_a_list_with_a_field_that_does_not_match_keeps_its_items():
    content = list_of_events(CREATED, UNKNOWN, has_more="yes")
    page = decode(SnapshotEventList, content, None)
    assert [AccountCreated, UnknownEvent] == [type(item) for item in page.data]
    assert ("has_more",) == page.misfits


def test_an_event_survives_pickling_and_copying():
    [item] = decode(SnapshotEventList, list_of_events(CREATED), "req_1").data
    copy = pickle.loads(pickle.dumps(item))
    assert (AccountCreated, item, "req_1") == (type(copy), copy, copy.request_id)


def test_base_classes_create_events_of_any_type():
    assert isinstance(SnapshotEvent.from_dict(CREATED), AccountCreated)
    assert isinstance(Event.from_dict(UNKNOWN), UnknownEvent)
    thin = NOTIFICATION | {"type": "v1.financial_connections.account.created"}
    assert isinstance(Event.from_dict(thin), AccountCreatedNotification)


def test_a_list_without_data_is_rejected():
    with pytest.raises(ContentError, match="without data"):
        decode(SnapshotEventList, b'{"object": "list", "has_more": false}', None)
