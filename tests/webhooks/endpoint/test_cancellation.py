"""Cancelled deliveries: claims are released, and store calls are completed."""

import asyncio

import anyio
import pytest

from financial_connections.webhooks import RecentEvents
from tests.support.webhooks import (
    NOW,
    Handler,
    RecordingStore,
    connect,
    deliver,
    endpoint,
)


async def test_the_claim_of_a_cancelled_handler_is_released():
    store, handling = RecordingStore(), anyio.Event()

    async def handler(event):
        handling.set()
        await anyio.sleep_forever()

    async with (
        connect(endpoint(handler, store=store)) as client,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(deliver, client)
        await handling.wait()
        tasks.cancel_scope.cancel()
    assert ["claim", "release"] == [name for name, *_ in store.calls]


async def test_a_claim_is_released_if_the_request_is_cancelled_meanwhile():
    claiming, store = anyio.Event(), RecordingStore()

    async def claim(event_id, until):
        claiming.set()
        await anyio.wait_all_tasks_blocked()
        await anyio.lowlevel.checkpoint()
        store.calls.append(("claim", event_id, until))
        return True

    store.claim = claim
    async with (
        connect(endpoint(Handler(), store=store)) as client,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(deliver, client)
        await claiming.wait()
        tasks.cancel_scope.cancel()
    assert ["claim", "release"] == [name for name, *_ in store.calls]


async def test_the_claim_of_a_cancelled_asyncio_task_is_released(anyio_backend):
    if anyio_backend != "asyncio":
        return
    store, handling = RecordingStore(), asyncio.Event()

    async def handler(event):
        handling.set()
        await asyncio.Event().wait()

    async with connect(endpoint(handler, store=store)) as client:
        task = asyncio.create_task(deliver(client))
        await handling.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert ["claim", "release"] == [name for name, *_ in store.calls]


class SlowStore(RecordingStore):
    """A store whose method `name` sets `begun`, then waits for `go_on`."""

    def __init__(self, name, **failures):
        super().__init__(**failures)
        self.name = name
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def _call(self, *call):
        if call[0] == self.name:
            self.begun.set()
            await self.go_on.wait()
        await super()._call(*call)

    async def cancel_during_call(self, app):
        """Deliver an event and cancel the delivery twice during the slow call."""
        async with connect(app) as client:
            delivery = asyncio.create_task(deliver(client))
            await self.begun.wait()
            for _ in range(2):
                delivery.cancel()
                await anyio.wait_all_tasks_blocked()
            assert not delivery.done()
            self.go_on.set()
            await asyncio.wait([delivery])
            return delivery


@pytest.mark.asyncio
async def test_a_claim_cancelled_by_asyncio_is_released_unhandled():
    handler, store = Handler(), SlowStore("claim")
    delivery = await store.cancel_during_call(endpoint(handler, store=store))
    assert (True, []) == (delivery.cancelled(), handler.events)
    assert ["claim", "release"] == [name for name, *_ in store.calls]


@pytest.mark.asyncio
async def test_a_failed_claim_cancelled_by_asyncio_is_not_released():
    store = SlowStore("claim")
    store.claims = [False]
    assert (
        await store.cancel_during_call(endpoint(Handler(), store=store))
    ).cancelled()
    assert ["claim"] == [name for name, *_ in store.calls]


@pytest.mark.asyncio
async def test_a_confirmation_cancelled_by_asyncio_is_completed():
    handler, store = Handler(), SlowStore("confirm")
    app = endpoint(handler, store=store)
    assert (await store.cancel_during_call(app)).cancelled()
    store.claims = [False]
    async with connect(app) as client:
        assert 200 == (await deliver(client)).status_code
    assert (["claim", "confirm", "claim"], 1) == (
        [name for name, *_ in store.calls],
        len(handler.events),
    )


@pytest.mark.asyncio
async def test_a_release_cancelled_by_asyncio_is_completed():
    store = SlowStore("release")
    await store.cancel_during_call(
        endpoint(Handler(OSError("the disk is full")), store=store)
    )
    assert ["claim", "release"] == [name for name, *_ in store.calls]


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["claim", "confirm"])
async def test_a_cancelled_call_that_fails_raises_the_cancellation(name):
    store = SlowStore(name, **{name: OSError("the database is gone")})
    assert (
        await store.cancel_during_call(endpoint(Handler(), store=store))
    ).cancelled()


@pytest.mark.asyncio
async def test_after_an_asyncio_timeout_the_next_delivery_is_handled():
    """The claim belongs to the task that made it, even in an in-memory store."""
    store, handler = RecentEvents(clock=lambda: NOW), Handler()
    begun, go_on = asyncio.Event(), asyncio.Event()
    claim = store.claim

    async def slow(*call):
        claimed = await claim(*call)
        begun.set()
        await go_on.wait()
        return claimed

    store.claim = slow
    async with connect(endpoint(handler, store=store)) as client:
        delivery = asyncio.create_task(asyncio.wait_for(deliver(client), 60))
        await begun.wait()
        delivery.cancel()
        await anyio.wait_all_tasks_blocked()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await delivery
        assert 200 == (await deliver(client)).status_code
    assert 1 == len(handler.events)
