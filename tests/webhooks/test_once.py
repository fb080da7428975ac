"""Each event is handled once: claims, waiting deliveries, failures and cancellation."""

import asyncio
import traceback
from contextvars import ContextVar

import anyio
import httpx
import pytest

from financial_connections import ConfigurationError
from financial_connections.sandbox import Sandbox
from financial_connections.webhooks import RecentEvents, sign, webhook_endpoint
from tests.webhooks.test_endpoint import (
    Handler,
    anyio_backend,
    deliver,
    endpoint,
    jump,
    talking_to,
)
from tests.webhooks.test_events import NOW, PAYLOAD, SECRET, event_of

__all__ = ["anyio_backend", "jump"]


async def test_an_event_is_handled_once_however_often_it_comes():
    handler = Handler()
    async with talking_to(endpoint(handler)) as client:
        answers = [
            await deliver(client, header=sign(PAYLOAD, SECRET, NOW + n))
            for n in range(3)
        ]
        await deliver(client, event_of(id="evt_2"))
    assert [200, 200, 200] == [answer.status_code for answer in answers]
    assert ["evt_1", "evt_2"] == [event.id for event in handler.events]


async def test_events_without_an_id_are_all_handled():
    handler = Handler()
    async with talking_to(endpoint(handler)) as client:
        for _ in range(2):
            await deliver(client, event_of(id=None))
    assert 2 == len(handler.events)


async def test_an_event_that_could_not_be_handled_is_answered_with_500_and_taken_when_it_comes_again():
    handler = Handler(OSError("the disk is full"))
    async with talking_to(endpoint(handler)) as client:
        statuses = [(await deliver(client)).status_code for _ in range(3)]
    assert [500, 200, 200] == statuses
    assert 2 == len(handler.events)


async def test_the_error_of_a_handler_is_raised_on_and_shows_neither_body_nor_secret():
    app = endpoint(Handler(OSError("the disk is full")))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://receiver"
    ) as client:
        with pytest.raises(OSError, match="disk") as caught:
            await deliver(client)
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    ours = [
        frame
        for frame in frames
        if "financial_connections/webhooks" in frame.f_code.co_filename
    ]
    assert ours
    shown = "".join(
        repr(value)
        for frame in ours
        for value in frame.f_locals.values()
        if not callable(value)
    )
    assert "6789" not in shown + repr(app)
    assert SECRET not in shown + repr(app)


@pytest.mark.parametrize("outcome", [None, OSError("the disk is full")])
async def test_an_event_that_comes_while_it_is_being_handled_waits_for_the_outcome(
    outcome,
):
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
        talking_to(endpoint(handler)) as client,
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


class Calls:
    """An event store that writes down what is called; `claims` are the results of
    `claim`, True once they run out.
    """

    def __init__(self, *claims, **failures):
        self.calls = []
        self.claims = list(claims)
        self.failures = failures

    async def _call(self, *call):
        self.calls.append(call)
        await anyio.lowlevel.checkpoint()
        if call[0] in self.failures:
            raise self.failures[call[0]]

    async def claim(self, event_id, until):
        await self._call("claim", event_id, until)
        return self.claims.pop(0) if self.claims else True

    async def confirm(self, event_id):
        await self._call("confirm", event_id)

    async def release(self, event_id):
        await self._call("release", event_id)


class Queryable(Calls):
    def __init__(self, *claims, confirmed=()):
        super().__init__(*claims)
        self.confirmed = confirmed

    async def is_confirmed(self, event_id):
        await self._call("is_confirmed", event_id)
        return event_id in self.confirmed


async def test_an_event_is_claimed_before_and_confirmed_after_it_is_handled():
    store = Calls()

    async def handler(event):
        store.calls.append(("handler", event.id))

    async with talking_to(endpoint(handler, store=store, claim_timeout=60)) as client:
        await deliver(client)
    assert [
        ("claim", "evt_1", NOW + 60),
        ("handler", "evt_1"),
        ("confirm", "evt_1"),
    ] == store.calls


async def test_a_claim_is_released_when_the_handler_fails():
    store = Calls()
    async with talking_to(
        endpoint(Handler(OSError("the disk is full")), store=store)
    ) as client:
        statuses = [(await deliver(client)).status_code for _ in range(2)]
    assert [500, 200] == statuses
    assert ["claim", "release", "claim", "confirm"] == [
        name for name, *_ in store.calls
    ]


@pytest.mark.parametrize(("confirmed", "status"), [(["evt_1"], 200), ([], 409)])
async def test_a_refused_claim_is_acknowledged_only_if_the_event_is_confirmed(
    confirmed, status
):
    handler, store = Handler(), Queryable(False, confirmed=confirmed)
    async with talking_to(endpoint(handler, store=store)) as client:
        answer = await deliver(client)
    assert (status, []) == (answer.status_code, handler.events)


async def test_a_store_that_cannot_be_queried_acknowledges_what_this_process_confirmed():
    handler, store = Handler(), Calls(True, False, False)
    async with talking_to(endpoint(handler, store=store)) as client:
        statuses = [(await deliver(client)).status_code for _ in range(2)]
        statuses.append((await deliver(client, event_of(id="evt_2"))).status_code)
    assert ([200, 200, 409], 1) == (statuses, len(handler.events))


@pytest.mark.parametrize("call", ["claim", "confirm"])
async def test_a_store_that_fails_is_a_500_and_keeps_the_claim_of_a_handled_event(call):
    handler, store = Handler(), Calls(**{call: OSError("the database is gone")})
    async with talking_to(endpoint(handler, store=store)) as client:
        assert 500 == (await deliver(client)).status_code
    assert (call == "confirm") == bool(handler.events)
    assert "release" not in [name for name, *_ in store.calls]


async def test_the_error_of_a_handler_is_raised_even_if_the_claim_cannot_be_released():
    app = endpoint(
        Handler(OSError("the disk is full")),
        store=Calls(release=OSError("the database is gone")),
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://receiver"
    ) as client:
        with pytest.raises(OSError, match="disk") as caught:
            await deliver(client)
    assert [
        "The claim of evt_1 could not be released (OSError); it expires."
    ] == caught.value.__notes__


async def test_a_cancelled_handler_releases_its_claim():
    store, handling = Calls(), anyio.Event()

    async def handler(event):
        handling.set()
        await anyio.sleep_forever()

    async with (
        talking_to(endpoint(handler, store=store)) as client,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(deliver, client)
        await handling.wait()
        tasks.cancel_scope.cancel()
    assert ["claim", "release"] == [name for name, *_ in store.calls]


async def test_a_request_that_is_cancelled_while_it_claims_releases_the_claim():
    claiming, store = anyio.Event(), Calls()

    async def claim(event_id, until):
        claiming.set()
        await anyio.wait_all_tasks_blocked()
        await anyio.lowlevel.checkpoint()
        store.calls.append(("claim", event_id, until))
        return True

    store.claim = claim
    async with (
        talking_to(endpoint(Handler(), store=store)) as client,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(deliver, client)
        await claiming.wait()
        tasks.cancel_scope.cancel()
    assert ["claim", "release"] == [name for name, *_ in store.calls]


async def test_a_task_that_asyncio_cancels_releases_its_claim(anyio_backend):
    if anyio_backend != "asyncio":
        return
    store, handling = Calls(), asyncio.Event()

    async def handler(event):
        handling.set()
        await asyncio.Event().wait()

    async with talking_to(endpoint(handler, store=store)) as client:
        task = asyncio.create_task(deliver(client))
        await handling.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert ["claim", "release"] == [name for name, *_ in store.calls]


class Slow(Calls):
    """A store whose call `name` has had its effect when `go_on` is set, and says when
    it has begun.
    """

    def __init__(self, name, **failures):
        super().__init__(**failures)
        self.name = name
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def _call(self, *call):
        if call[0] == self.name:
            self.begun.set()
            await self.go_on.wait()
        await super()._call(*call)

    async def interrupt(self, app):
        """Deliver an event to `app`, and cancel the delivery twice while the call is
        running.
        """
        async with talking_to(app) as client:
            delivery = asyncio.create_task(deliver(client))
            await self.begun.wait()
            for _ in range(2):
                delivery.cancel()
                await anyio.wait_all_tasks_blocked()
            assert not delivery.done()
            self.go_on.set()
            await asyncio.wait([delivery])
            return delivery


only_asyncio = pytest.mark.parametrize("anyio_backend", ["asyncio"])


@only_asyncio
async def test_a_claim_that_asyncio_interrupts_is_released_and_the_event_is_not_handled():
    handler, store = Handler(), Slow("claim")
    delivery = await store.interrupt(endpoint(handler, store=store))
    assert (True, []) == (delivery.cancelled(), handler.events)
    assert ["claim", "release"] == [name for name, *_ in store.calls]


@only_asyncio
async def test_a_refused_claim_that_asyncio_interrupts_is_not_released():
    store = Slow("claim")
    store.claims = [False]
    assert (await store.interrupt(endpoint(Handler(), store=store))).cancelled()
    assert ["claim"] == [name for name, *_ in store.calls]


@only_asyncio
async def test_a_confirmation_that_asyncio_interrupts_is_completed():
    handler, store = Handler(), Slow("confirm")
    app = endpoint(handler, store=store)
    assert (await store.interrupt(app)).cancelled()
    store.claims = [False]
    async with talking_to(app) as client:
        assert 200 == (await deliver(client)).status_code
    assert (["claim", "confirm", "claim"], 1) == (
        [name for name, *_ in store.calls],
        len(handler.events),
    )


@only_asyncio
async def test_a_release_that_asyncio_interrupts_is_completed():
    store = Slow("release")
    await store.interrupt(endpoint(Handler(OSError("the disk is full")), store=store))
    assert ["claim", "release"] == [name for name, *_ in store.calls]


@only_asyncio
@pytest.mark.parametrize("name", ["claim", "confirm"])
async def test_an_interrupted_call_that_fails_ends_as_a_cancellation(name):
    store = Slow(name, **{name: OSError("the database is gone")})
    assert (await store.interrupt(endpoint(Handler(), store=store))).cancelled()


@only_asyncio
async def test_a_timeout_of_asyncio_leaves_the_event_to_the_next_delivery():
    """As with every store of this package: the claim in memory is the task's own."""
    store, handler, begun, go_on = (
        RecentEvents(clock=lambda: NOW),
        Handler(),
        asyncio.Event(),
        asyncio.Event(),
    )
    claim = store.claim

    async def slow(*call):
        claimed = await claim(*call)
        begun.set()
        await go_on.wait()
        return claimed

    store.claim = slow
    async with talking_to(endpoint(handler, store=store)) as client:
        delivery = asyncio.create_task(asyncio.wait_for(deliver(client), 60))
        await begun.wait()
        delivery.cancel()
        await anyio.wait_all_tasks_blocked()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await delivery
        assert 200 == (await deliver(client)).status_code
    assert 1 == len(handler.events)


async def test_a_store_may_keep_something_in_a_context_variable():
    variable, store, seen = ContextVar("claimed"), Calls(), []

    async def claim(event_id, until):
        variable.set(event_id)
        return True

    async def confirm(event_id):
        seen.append(variable.get(None))

    store.claim, store.confirm = claim, confirm
    async with talking_to(endpoint(Handler(), store=store)) as client:
        await deliver(client)
    assert ["evt_1"] == seen


async def test_a_store_that_hangs_is_a_500(jump):
    async def claim(event_id, until):
        await jump(10)

    store = Calls()
    store.claim = claim
    app = endpoint(Handler(), store=store)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://receiver"
    ) as client:
        with pytest.raises(TimeoutError, match="store did not respond within 10 s"):
            await deliver(client)


async def test_a_store_that_is_empty_and_has_a_length_is_used():
    class Store(dict):
        async def claim(self, event_id, until):
            return self.setdefault(event_id, until) is until

        async def confirm(self, event_id):
            self[event_id] = None

        async def release(self, event_id):
            del self[event_id]

    store = Store()
    async with talking_to(endpoint(Handler(), store=store)) as client:
        await deliver(client)
    assert {"evt_1": None} == store


class OldStore:
    async def seen(self, event):
        return False

    async def add(self, event):
        pass


class SyncStore(Calls):
    def confirm(self, event_id):
        pass


@pytest.mark.parametrize(
    ("store", "why"),
    [
        (
            OldStore(),
            r"claim\(event_id, until\) -> bool, confirm\(event_id\) and release\(event_id\) instead",
        ),
        (object(), "no method claim"),
        ("", "no method claim"),
        (SyncStore(), r"^store.confirm must be an async function"),
    ],
)
def test_a_store_that_cannot_be_used_is_refused(store, why):
    with pytest.raises(ConfigurationError, match=why):
        webhook_endpoint(SECRET, Handler(), store=store)


async def test_what_the_sandbox_sends_twice_and_in_any_order_is_handled_once(
    no_waiting,
):
    handler = Handler()
    sandbox = Sandbox()
    sandbox.add_webhook(
        "http://127.0.0.1:9/", secret=SECRET, shuffled=True, doubled=True
    )
    account = sandbox.add_account(balance=1, owners=1, transactions=3)
    sandbox.deactivate(account)
    app = webhook_endpoint(SECRET, handler, clock=sandbox.clock.now)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        deliveries = await sandbox.deliver_webhooks(client)
    assert (10, {200}) == (
        len(deliveries),
        {delivery.status for delivery in deliveries},
    )
    assert sorted(event["id"] for event in sandbox.events) == sorted(
        event.id for event in handler.events
    )
