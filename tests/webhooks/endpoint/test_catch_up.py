"""Catching up on events that an endpoint has missed."""

import gc
import logging
from collections import Counter
from random import Random

import anyio
import pytest

from financial_connections import (
    ConfigurationError,
    CursorExpiredError,
    InvalidArgumentError,
    NotFoundError,
    WebhookVersionError,
)
from financial_connections.webhooks import (
    RecentEvents,
    SnapshotEvent,
    SQLiteEventStore,
    versions,
)
from tests.support.outage import Outage
from tests.support.webhooks import NOW, Handler, RecordingStore, endpoint

DAY = 86_400
EVERYTHING = {"gte": 0}


@pytest.fixture
async def world():
    async with Outage() as world:
        yield world


def handled(handler):
    return [event.id for event in handler.events]


async def test_missed_events_are_handled_oldest_first(world):
    ids = world.add_events(300)
    assert {503} == set(await world.deliver())
    handler = Handler()
    app = endpoint(handler)
    assert ids[-1] == await app.catch_up(world.client, after=ids[0])
    assert ids[1:] == handled(handler)


async def test_missed_events_are_handled_once_while_others_are_delivered(world):
    missed = world.add_events(300)
    await world.deliver()
    # The first delivery of these events arrives during the catch-up.
    live = world.add_events(60)
    handler = Handler()
    app = endpoint(handler)
    statuses = []

    async def receive():
        statuses.extend(await world.deliver(app))
        live.extend(world.add_events(60))
        statuses.extend(await world.deliver(app))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(receive)
        last = await app.catch_up(world.client, created=EVERYTHING)
    last = await app.catch_up(world.client, after=last)

    assert {200} == set(statuses)
    assert sorted(missed + live) == sorted(handled(handler))
    assert missed == [event for event in handled(handler) if event in set(missed)]
    assert live[-1] == last
    # Handled and acknowledged, so a later catch-up has nothing to do.
    assert last == await app.catch_up(world.client, after=missed[0])
    assert 420 == len(handler.events)


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
async def test_events_since_a_time_are_handled_oldest_first(world, count):
    before = world.add_events(1)
    world.sandbox.advance(60)
    ids = world.add_events(count) if count else []
    since = world.sandbox.api.state.now
    handler = Handler()
    app = endpoint(handler)
    last = await app.catch_up(world.client, created={"gte": since})
    assert (ids, ids[-1] if ids else None) == (handled(handler), last)
    assert before[0] not in handled(handler)


async def test_events_that_happen_during_the_catch_up_are_handled(world):
    ids = world.add_events(101)

    async def handle(event):
        seen.append(event.id)
        if event.id in {ids[0], ids[50]}:
            ids.extend(world.add_events(1))

    seen = []
    last = await endpoint(handle).catch_up(world.client, created=EVERYTHING)
    assert 103 == len(ids)
    assert (ids, ids[-1]) == (seen, last)


async def test_the_saved_id_is_returned_if_nothing_was_missed(world):
    [saved] = world.add_events(1)
    handler = Handler()
    app = endpoint(handler)
    assert saved == await app.catch_up(world.client, after=saved)
    assert [] == handler.events


async def test_an_error_stops_the_catch_up_at_its_event(world):
    ids = world.add_events(20)
    handler = Handler(*[None] * 10, OSError("the disk is full"))
    app = endpoint(handler)
    with pytest.raises(OSError, match="disk") as caught:
        await app.catch_up(world.client, after=ids[0])
    assert ids[1:12] == handled(handler)
    [note] = caught.value.__notes__
    assert f"stopped at the event {ids[11]}" in note
    assert f"The last one handled was {ids[10]}" in note

    assert ids[-1] == await app.catch_up(world.client, after=ids[0])
    assert [*ids[1:12], *ids[11:]] == handled(handler)


async def test_an_api_error_of_the_handler_is_not_taken_for_an_expired_cursor(world):
    ids = world.add_events(3)

    async def handle(event):
        await world.client.events.retrieve("evt_unknown")

    with pytest.raises(NotFoundError) as caught:
        await endpoint(handle).catch_up(world.client, after=ids[0])
    assert ids[1] in caught.value.__notes__[0]


async def test_an_event_of_another_worker_delays_the_catch_up(world, no_waiting):
    ids = world.add_events(3)
    store = RecentEvents(clock=lambda: NOW)
    assert await store.claim(ids[1], NOW + 300)

    async def finish(event):
        handled.append(event.id)

    class Store:
        """A store in which the other worker finishes after three more claims."""

        claim, confirm, release = store.claim, store.confirm, store.release

        async def is_confirmed(self, event_id):
            if len(no_waiting) == 3:
                await store.confirm(event_id)
            return await store.is_confirmed(event_id)

    handled = []
    last = await endpoint(finish, store=Store()).catch_up(world.client, after=ids[0])
    assert ([ids[2]], ids[2]) == (handled, last)
    assert [0.1, 0.2, 0.4] == no_waiting


async def test_an_event_is_handled_if_the_claim_of_another_worker_expires(
    world, monkeypatch
):
    ids = world.add_events(2)
    now = NOW
    store = RecentEvents(clock=lambda: now)
    assert await store.claim(ids[1], NOW + 20)

    async def sleep(seconds):
        nonlocal now
        waits.append(seconds)
        now += seconds

    waits = []
    monkeypatch.setattr(anyio, "sleep", sleep)
    handler = Handler()
    await endpoint(handler, store=store).catch_up(world.client, after=ids[0])
    assert [ids[1]] == handled(handler)
    assert 20 <= sum(waits) < 26
    assert 5 == max(waits)


async def test_two_catch_ups_at_the_same_time_handle_each_event_once(world):
    ids = world.add_events(120)
    handler = Handler()
    app = endpoint(handler)
    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(lambda: app.catch_up(world.client, created=EVERYTHING))
    assert ids == handled(handler)


async def test_only_the_selected_events_are_handled(world):
    account = world.sandbox.add_account()
    await world.deliver(endpoint(Handler()))
    world.sandbox.deactivate(account)
    await world.deliver()
    created, deactivated = (event["id"] for event in world.sandbox.events)
    for arguments, expected in [
        ({"types": ["financial_connections.account.created"]}, [created]),
        ({"delivery_success": False}, [deactivated]),
        ({}, [created, deactivated]),
    ]:
        handler = Handler()
        app = endpoint(handler)
        await app.catch_up(world.client, created=EVERYTHING, **arguments)
        assert expected == handled(handler)


async def test_an_event_and_a_time_can_be_combined(world):
    first, *_ = world.add_events(2)
    world.sandbox.advance(60)
    later = world.add_events(2)
    handler = Handler()
    since = world.sandbox.api.state.now
    await endpoint(handler).catch_up(world.client, after=first, created={"gte": since})
    assert later == handled(handler)


@pytest.mark.parametrize("created", [None, {}, {"lt": NOW}, {"gte": None}])
async def test_a_start_is_required(world, created):
    with pytest.raises(InvalidArgumentError, match="pass after, or created with a gt"):
        await endpoint(Handler()).catch_up(world.client, created=created)
    assert [] == world.requests


async def test_the_oldest_events_may_expire_while_the_list_is_read(world):
    [old] = world.add_events(1)
    world.sandbox.advance(DAY)
    ids = world.add_events(100)
    world.sandbox.advance(29 * DAY)

    async def expire(response):
        world.sandbox.advance(1)

    world.http.event_hooks["response"].append(expire)
    handler = Handler()
    last = await endpoint(handler).catch_up(world.client, created=EVERYTHING)
    assert old not in handled(handler)
    assert (ids, ids[-1]) == (handled(handler), last)


async def test_a_store_that_cannot_be_queried_is_rejected(world):
    app = endpoint(Handler(), store=RecordingStore())
    with pytest.raises(ConfigurationError, match="is_confirmed"):
        await app.catch_up(world.client, created=EVERYTHING)
    assert [] == world.requests


@pytest.mark.parametrize("status", [400, 404])
async def test_an_event_that_stripe_no_longer_has_is_reported(world, status):
    world.sandbox.api.state.rules = type(world.sandbox.api.state.rules)(
        unknown_reference_status=status
    )
    [old] = world.add_events(1)
    world.sandbox.advance(31 * DAY)
    [new] = world.add_events(1)
    handler = Handler()
    app = endpoint(handler)
    with pytest.raises(CursorExpiredError, match=f"no longer has the event {old}") as c:
        await app.catch_up(world.client, after=old)
    assert c.value.request_id == c.value.__cause__.request_id is not None
    assert [] == handler.events
    assert new == await app.catch_up(world.client, created=EVERYTHING)


async def test_events_of_another_version_are_treated_as_in_deliveries(
    world, monkeypatch, caplog
):
    monkeypatch.setattr(versions, "is_compatible", lambda version: False)
    monkeypatch.setattr(versions, "_logged", set())
    ids = world.add_events(2)
    handler = Handler()
    strict = endpoint(handler, on_version_mismatch="raise")
    with pytest.raises(WebhookVersionError) as caught:
        await strict.catch_up(world.client, after=ids[0])
    assert ids[1] in caught.value.__notes__[0]
    assert [] == handler.events
    with caplog.at_level(logging.WARNING, "financial_connections"):
        await endpoint(handler).catch_up(world.client, after=ids[0])
    assert ids[1:] == handled(handler)
    assert 1 == len([r for r in caplog.records if "API version" in r.message])


async def test_memory_does_not_grow_with_the_number_of_events(world):
    world.add_events(450)
    most = 0

    async def count(event):
        nonlocal most, calls
        calls += 1
        if calls % 50 == 0:
            alive = [o for o in gc.get_objects() if isinstance(o, SnapshotEvent)]
            most = max(most, len(alive))

    calls = 0
    app = endpoint(count)
    await app.catch_up(world.client, created=EVERYTHING)
    assert 450 == calls
    assert 0 < most <= 201


async def test_cancelling_a_catch_up_leaves_no_claim(world):
    ids = world.add_events(3)
    store = RecentEvents(clock=lambda: NOW)

    async def stop(event):
        scope.cancel()
        await anyio.sleep_forever()

    with anyio.CancelScope() as scope:
        await endpoint(stop, store=store).catch_up(world.client, after=ids[0])
    handler = Handler()
    await endpoint(handler, store=store).catch_up(world.client, after=ids[0])
    assert ids[1:] == handled(handler)


async def test_workers_that_share_a_store_handle_each_event_once(
    world, tmp_path, no_waiting
):
    ids = world.add_events(60)
    await world.deliver()
    live = world.add_events(20)
    handler = Handler()
    stores = [
        SQLiteEventStore(tmp_path / "events.sqlite", clock=lambda: NOW)
        for _ in range(3)
    ]
    workers = [endpoint(handler, store=store) for store in stores]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.deliver, workers[0])
        for worker in workers[1:]:
            tasks.start_soon(
                lambda worker=worker: worker.catch_up(world.client, created=EVERYTHING)
            )
    for store in stores:
        await store.aclose()
    assert sorted(ids + live) == sorted(handled(handler))


@pytest.mark.parametrize("seed", range(10))
async def test_events_are_handled_once_whatever_fails(world, no_waiting, seed):
    """Deliveries and catch-ups run at the same time, and handlers fail at random."""
    random = Random(seed)
    done = Counter()

    async def handle(event):
        for _ in range(random.randrange(4)):
            await anyio.lowlevel.checkpoint()
        if random.random() < 0.2:
            raise OSError("the disk is full")
        done[event.id] += 1

    app = endpoint(handle)
    saved = None

    async def catch_up():
        nonlocal saved
        start = {"created": EVERYTHING} if saved is None else {"after": saved}
        try:
            saved = await app.catch_up(world.client, **start)
        except OSError:
            return False
        return True

    for _ in range(6):
        world.add_events(random.randrange(30))
        async with anyio.create_task_group() as tasks:
            for _ in range(random.randrange(3)):
                tasks.start_soon(catch_up)
            tasks.start_soon(world.deliver, random.choice([app, None]))
    while not await catch_up():
        pass
    assert dict.fromkeys((event["id"] for event in world.sandbox.events), 1) == done
