"""Claims, confirmations, and how long they are remembered."""

import math

import anyio
import pytest

from financial_connections.webhooks import RecentEvents
from financial_connections.webhooks.stores import sql
from tests.support.event_stores import RETENTION, open_backend


async def test_exactly_one_of_many_concurrent_claims_succeeds(backend):
    stores = [backend.open() for _ in range(4)]
    for event in ("evt_1", "evt_2", "evt_3"):
        claims = []

        async def claim(store, event=event, claims=claims):
            claims.append(await store.claim(event, backend.now + 60))

        async with anyio.create_task_group() as tasks:
            for store in stores * 5:
                tasks.start_soon(claim, store)
        assert [False] * 19 + [True] == sorted(claims)


@pytest.mark.parametrize("method", ["release", "confirm"])
async def test_a_worker_cannot_end_the_claim_that_replaced_its_own(backend, method):
    taken_over, over = anyio.Event(), anyio.Event()
    store, other = backend.open(), backend.open()

    async def work():
        assert await store.claim("evt_1", backend.now + 60)
        backend.advance(61)
        taken_over.set()
        await over.wait()
        await getattr(store, method)("evt_1")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work)
        await taken_over.wait()
        assert await other.claim("evt_1", backend.now + 60)
        over.set()
    assert not await backend.open().claim("evt_1", backend.now + 60)
    assert not await other.is_confirmed("evt_1")
    await other.confirm("evt_1")
    assert await store.is_confirmed("evt_1")


async def test_a_handled_event_is_forgotten_after_the_retention_period(backend):
    store = backend.open()
    await store.claim("evt_1", backend.now + 60)
    await store.confirm("evt_1")
    backend.advance(RETENTION - 1)
    assert not await store.claim("evt_1", backend.now + 60)
    backend.advance(2)
    assert (backend.name == "memory") is not await store.claim(
        "evt_1", backend.now + 60
    )


@pytest.mark.parametrize("name", ["sqlite", "postgres"])
async def test_expired_rows_are_deleted(name, servers, tmp_path):
    with open_backend(name, servers, tmp_path) as backend:
        store = backend.open()
        for number in range(5):
            await store.claim(f"evt_{number}", backend.now + 60)
            await store.confirm(f"evt_{number}")
        backend.advance(3_600)
        await store.claim("evt_9", backend.now + 60)
        table = "stripe_events" if name == "sqlite" else backend.table
        assert 1 == await anyio.to_thread.run_sync(
            store._database.run, f"SELECT id FROM {table}", {}
        )


@pytest.mark.parametrize("name", ["sqlite", "postgres"])
async def test_a_claim_deletes_a_limited_number_of_rows(
    name, servers, tmp_path, monkeypatch
):
    monkeypatch.setattr(sql, "_PRUNE_ROWS", 2)
    with open_backend(name, servers, tmp_path) as backend:
        store, remaining = backend.open(), []
        for number in range(5):
            assert await store.claim(f"evt_{number}", backend.now + 60)
        backend.advance(3_600)
        for number in range(5, 9):
            assert await store.claim(f"evt_{number}", backend.now + 60)
            table = "stripe_events" if name == "sqlite" else backend.table
            expired = f"SELECT id FROM {table} WHERE until <= {backend.now}"
            remaining.append(
                await anyio.to_thread.run_sync(store._database.run, expired, {})
            )
    assert [3, 1, 0, 0] == remaining


async def test_recent_events_forgets_the_oldest_event():
    store = RecentEvents(capacity=2)
    for event in ("a", "b", "c", "b"):
        await store.claim(event, math.inf)
        await store.confirm(event)
    assert [False, True, True] == [
        await store.is_confirmed(event) for event in ("a", "b", "c")
    ]


async def test_a_closed_store_reconnects_when_it_is_used(backend):
    store = backend.open()
    assert await store.claim("evt_1", backend.now + 60)
    if backend.name != "memory":
        await store.aclose()
    await store.confirm("evt_1")
    assert await store.is_confirmed("evt_1")
