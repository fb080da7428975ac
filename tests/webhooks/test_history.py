"""Events of the last 30 days, at `client.events`."""

from urllib.parse import parse_qs

import pytest

from financial_connections import InvalidArgumentError, NotFoundError
from financial_connections.webhooks import AccountCreated, SnapshotEvent
from financial_connections.webhooks.classes import SNAPSHOT_TYPES
from tests.support.outage import Outage

CREATED = "financial_connections.account.created"
DEACTIVATED = "financial_connections.account.deactivated"


@pytest.fixture
async def world():
    async with Outage() as world:
        yield world


def sent(world):
    """Return the parameters of the last request."""
    query = parse_qs(world.requests[-1].url.query.decode())
    return {name.partition("[")[0]: query[name] for name in query}


async def test_events_are_listed_newest_first_with_their_classes(world):
    ids = world.add_events(3)
    events = [event async for event in world.client.events.list()]
    assert ids[::-1] == [event.id for event in events]
    assert {AccountCreated} == {type(event) for event in events}
    assert world.sandbox.events[::-1] == [
        event.to_dict() | {"pending_webhooks": 1} for event in events
    ]


async def test_events_after_an_event_are_listed_oldest_first(world):
    ids = world.add_events(250)
    pager = world.client.events.list(after=ids[9])
    assert ids[10:] == [event.id async for event in pager]
    assert 3 == len(world.requests)


async def test_an_event_is_retrieved(world):
    [event_id] = world.add_events(1)
    event = await world.client.events.retrieve(event_id)
    assert (AccountCreated, event_id) == (type(event), event.id)
    assert event.response.status == 200
    with pytest.raises(NotFoundError) as caught:
        await world.client.events.retrieve("evt_unknown")
    assert ("resource_missing", "id") == (caught.value.code, caught.value.param)


async def test_all_known_snapshot_types_are_listed_by_default(world):
    await world.client.events.list()
    query = parse_qs(world.requests[-1].url.query.decode())
    values = {value for name, [value] in query.items() if name.startswith("types[")}
    assert set(SNAPSHOT_TYPES) == values
    assert all(name.startswith("financial_connections.") for name in SNAPSHOT_TYPES)
    # More than 20 types would need several lists.
    assert 1 < len(SNAPSHOT_TYPES) <= 20


async def test_filters_are_sent(world):
    account = world.sandbox.add_account()
    world.sandbox.advance(10)
    world.sandbox.deactivate(account)
    now = world.sandbox.api.state.now
    events = world.client.events
    deactivated = [event.id async for event in events.list(types=[DEACTIVATED])]
    assert [world.sandbox.events[-1]["id"]] == deactivated
    assert {"limit", "types"} == sent(world).keys()
    assert deactivated == [event.id async for event in events.list(type=DEACTIVATED)]
    assert {"limit", "type"} == sent(world).keys()
    newest = events.list(created={"gt": now - 10}, delivery_success=False)
    assert deactivated == [event.id async for event in newest]
    assert ["false"] == sent(world)["delivery_success"]
    assert [] == [event async for event in events.list(delivery_success=True)]


async def test_types_can_be_changed_after_the_call(world):
    types = [CREATED]
    pager = world.client.events.list(types=types)
    types[:] = ["charge.failed"]
    world.add_events(1)
    assert 1 == len((await pager).data)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"types": []}, "from 1 to 20 event types, not 0"),
        ({"types": [CREATED] * 21}, "from 1 to 20 event types, not 21"),
        ({"types": CREATED}, r"write types=\[…\]"),
        ({"types": [CREATED], "type": CREATED}, "type and types"),
        ({"after": "evt_1", "ending_before": "evt_1"}, "after cannot be used"),
        ({"after": "evt_1", "starting_after": "evt_1"}, "after cannot be used"),
        ({"after": " "}, "must be the ID"),
    ],
)
async def test_invalid_arguments_are_rejected_before_anything_is_sent(
    world, arguments, message
):
    with pytest.raises(InvalidArgumentError, match=message):
        world.client.events.list(**arguments)
    assert [] == world.requests


async def test_a_derived_client_lists_the_events_of_a_connected_account(world):
    merchant = world.sandbox.add_connected_account()
    world.sandbox.add_account(stripe_account=merchant)
    client = world.client.with_options(stripe_account=merchant)
    [event] = [event async for event in client.events.list()]
    assert merchant == event.account
    assert isinstance(event, SnapshotEvent)
    assert [] == [event async for event in world.client.events.list()]
