"""Repeated deliveries are handled only once: claims, failures and stores."""

from contextvars import ContextVar

import anyio
import httpx
import pytest

from financial_connections.sandbox import Sandbox
from financial_connections.webhooks import sign, webhook_endpoint
from tests.support.webhooks import (
    NOW,
    PAYLOAD,
    SECRET,
    Handler,
    RecordingStore,
    connect,
    connect_raising,
    deliver,
    endpoint,
    event_with,
)


async def test_repeated_deliveries_are_handled_once():
    handler = Handler()
    async with connect(endpoint(handler)) as client:
        responses = [
            await deliver(client, header=sign(PAYLOAD, SECRET, NOW + n))
            for n in range(3)
        ]
        await deliver(client, event_with(id="evt_2"))
    assert [200, 200, 200] == [response.status_code for response in responses]
    assert ["evt_1", "evt_2"] == [event.id for event in handler.events]


async def test_events_without_an_id_are_always_handled():
    handler = Handler()
    async with connect(endpoint(handler)) as client:
        for _ in range(2):
            await deliver(client, event_with(id=None))
    assert 2 == len(handler.events)


async def test_a_failed_event_gets_a_500_and_is_handled_when_delivered_again():
    handler = Handler(OSError("the disk is full"))
    async with connect(endpoint(handler)) as client:
        statuses = [(await deliver(client)).status_code for _ in range(3)]
    assert [500, 200, 200] == statuses
    assert 2 == len(handler.events)


async def test_a_handler_error_propagates_to_the_server():
    app = endpoint(Handler(OSError("the disk is full")))
    async with connect_raising(app) as client:
        with pytest.raises(OSError, match="disk") as caught:
            await deliver(client)
    shown = str(caught.value) + repr(caught.value) + repr(app)
    assert "6789" not in shown
    assert SECRET not in shown


@pytest.mark.parametrize("outcome", [None, OSError("the disk is full")])
async def test_a_concurrent_delivery_waits_for_the_outcome(outcome):
    handling, go_on = anyio.Event(), anyio.Event()
    handled = []

    async def handler(event):
        handled.append(event.id)
        handling.set()
        await go_on.wait()
        if outcome and len(handled) == 1:
            raise outcome

    statuses = []

    async with (
        connect(endpoint(handler)) as client,
        anyio.create_task_group() as tasks,
    ):

        async def send():
            statuses.append((await deliver(client)).status_code)

        tasks.start_soon(send)
        await handling.wait()
        tasks.start_soon(send)
        await anyio.wait_all_tasks_blocked()
        assert ["evt_1"] == handled
        go_on.set()
    assert (sorted([500 if outcome else 200, 200]), 2 if outcome else 1) == (
        sorted(statuses),
        len(handled),
    )


async def test_an_event_is_claimed_before_and_confirmed_after_it_is_handled():
    store = RecordingStore()

    async def handler(event):
        store.calls.append(("handler", event.id))

    async with connect(endpoint(handler, store=store, claim_timeout=60)) as client:
        await deliver(client)
    assert [
        ("claim", "evt_1", NOW + 60),
        ("handler", "evt_1"),
        ("confirm", "evt_1"),
    ] == store.calls


async def test_a_claim_is_released_when_the_handler_fails():
    store = RecordingStore()
    async with connect(
        endpoint(Handler(OSError("the disk is full")), store=store)
    ) as client:
        statuses = [(await deliver(client)).status_code for _ in range(2)]
    assert [500, 200] == statuses
    assert ["claim", "release", "claim", "confirm"] == [
        name for name, *_ in store.calls
    ]


class Queryable(RecordingStore):
    def __init__(self, *claims, confirmed=()):
        super().__init__(*claims)
        self.confirmed = confirmed

    async def is_confirmed(self, event_id):
        await self._call("is_confirmed", event_id)
        return event_id in self.confirmed


@pytest.mark.parametrize(("confirmed", "status"), [(["evt_1"], 200), ([], 409)])
async def test_a_failed_claim_is_acknowledged_only_if_the_event_is_confirmed(
    confirmed, status
):
    handler, store = Handler(), Queryable(False, confirmed=confirmed)
    async with connect(endpoint(handler, store=store)) as client:
        response = await deliver(client)
    assert (status, []) == (response.status_code, handler.events)


async def test_only_events_of_this_process_are_acknowledged_without_is_confirmed():
    handler, store = Handler(), RecordingStore(True, False, False)
    async with connect(endpoint(handler, store=store)) as client:
        statuses = [(await deliver(client)).status_code for _ in range(2)]
        statuses.append((await deliver(client, event_with(id="evt_2"))).status_code)
    assert ([200, 200, 409], 1) == (statuses, len(handler.events))


@pytest.mark.parametrize("call", ["claim", "confirm"])
async def test_a_failing_store_gets_a_500_and_keeps_the_claim(call):
    handler = Handler()
    store = RecordingStore(**{call: OSError("the database is gone")})
    async with connect(endpoint(handler, store=store)) as client:
        assert 500 == (await deliver(client)).status_code
    assert (call == "confirm") == bool(handler.events)
    assert "release" not in [name for name, *_ in store.calls]


async def test_a_failing_release_does_not_replace_the_handler_error():
    app = endpoint(
        Handler(OSError("the disk is full")),
        store=RecordingStore(release=OSError("the database is gone")),
    )
    async with connect_raising(app) as client:
        with pytest.raises(OSError, match="disk") as caught:
            await deliver(client)
    assert [
        "The claim on evt_1 could not be released (OSError); it will expire."
    ] == caught.value.__notes__


async def test_context_variables_set_by_a_store_are_kept():
    variable, store, seen = ContextVar("claimed"), RecordingStore(), []

    async def claim(event_id, until):
        variable.set(event_id)
        return True

    async def confirm(event_id):
        seen.append(variable.get(None))

    store.claim, store.confirm = claim, confirm
    async with connect(endpoint(Handler(), store=store)) as client:
        await deliver(client)
    assert ["evt_1"] == seen


async def test_a_store_that_hangs_raises_a_timeout(jump):
    async def claim(event_id, until):
        await jump(10)

    store = RecordingStore()
    store.claim = claim
    app = endpoint(Handler(), store=store)
    async with connect_raising(app) as client:
        with pytest.raises(TimeoutError, match="store did not respond within 10 s"):
            await deliver(client)


async def test_an_empty_store_with_a_length_is_used():
    class Store(dict):
        async def claim(self, event_id, until):
            return self.setdefault(event_id, until) is until

        async def confirm(self, event_id):
            self[event_id] = None

        async def release(self, event_id):
            del self[event_id]

    store = Store()
    async with connect(endpoint(Handler(), store=store)) as client:
        await deliver(client)
    assert {"evt_1": None} == store


@pytest.mark.parametrize(("kind", "count"), [("snapshot", 10), ("thin", 16)])
async def test_duplicated_and_shuffled_sandbox_events_are_handled_once(
    no_waiting, kind, count
):
    handler = Handler()
    sandbox = Sandbox()
    sandbox.add_webhook(
        "http://127.0.0.1:9/",
        secret=SECRET,
        event_payload=kind,
        out_of_order=True,
        duplicated=True,
    )
    account = sandbox.add_account(balance=1, owners=1, transactions=3)
    sandbox.deactivate(account)
    app = webhook_endpoint(SECRET, handler, clock=sandbox.clock.now)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        deliveries = await sandbox.deliver_webhooks(client)
    assert (count, {200}) == (
        len(deliveries),
        {delivery.status for delivery in deliveries},
    )
    sent = sandbox.notifications if kind == "thin" else sandbox.events
    assert sorted(event["id"] for event in sent) == sorted(
        event.id for event in handler.events
    )
    assert {account} == {event.object_id for event in handler.events}
