"""Hanging databases: how many threads they can block, and for how long."""

import socket
import threading
import time
from contextlib import contextmanager

import anyio
import psycopg
import pytest
import redis

from financial_connections.webhooks import RedisEventStore, SQLiteEventStore
from financial_connections.webhooks.stores import postgres, sql, sqlite, threads
from tests.support.event_stores import open_backend

SECONDS = 60.0


class Hanging:
    """A database whose calls block until `go_on` is set."""

    def __init__(self):
        self.go_on = threading.Event()
        self.started = 0
        self.running = 0

    def run(self, *_):
        self.started += 1
        self.running += 1
        try:
            assert self.go_on.wait(120)
            return 1
        finally:
            self.running -= 1

    async def wait_until(self, condition):
        while not condition():
            await anyio.lowlevel.checkpoint()


class HangingRedis(Hanging, redis.Redis):
    eval = Hanging.run

    def __init__(self):
        redis.Redis.__init__(self)
        Hanging.__init__(self)


@pytest.fixture(params=["sql", "redis"])
def hanging(request):
    """A hanging database, and a store that uses it."""
    database = Hanging() if request.param == "sql" else HangingRedis()
    store = (
        sql.SQLEventStore(database, SECONDS, time.time)
        if request.param == "sql"
        else RedisEventStore(database)
    )
    if request.param == "sql":
        store._pruned_at = time.time()
    yield database, store
    database.go_on.set()


async def abandon_a_call(database, store):
    """Start to claim an event, then cancel the call once its thread is running."""
    started = database.started
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store.claim, f"evt_{started}", time.time() + SECONDS)
        await database.wait_until(lambda: database.started > started)
        tasks.cancel_scope.cancel()


async def test_a_hanging_database_blocks_a_limited_number_of_threads(hanging):
    database, store = hanging
    for _ in range(threads.MAX_THREADS):
        await abandon_a_call(database, store)
    for _ in range(3):
        with pytest.raises(
            TimeoutError,
            match=f"^{threads.MAX_THREADS} earlier calls .* have not finished",
        ):
            await store.claim("evt_1", time.time() + SECONDS)
    assert threads.MAX_THREADS == database.started
    database.go_on.set()
    await database.wait_until(
        lambda: not database.running and not store._threads._abandoned
    )
    assert await store.claim("evt_1", time.time() + SECONDS)


async def test_calls_wait_for_a_free_thread(hanging):
    database, store = hanging
    async with anyio.create_task_group() as tasks:
        for number in range(3 * threads.MAX_THREADS):
            tasks.start_soon(store.claim, f"evt_{number}", time.time() + SECONDS)
        await database.wait_until(lambda: database.started == threads.MAX_THREADS)
        await anyio.wait_all_tasks_blocked()
        assert threads.MAX_THREADS == database.started
        database.go_on.set()
    assert 3 * threads.MAX_THREADS == database.started


async def test_application_threads_do_not_delay_a_store(hanging):
    database, store = hanging
    database.go_on.set()
    limiter = anyio.to_thread.current_default_thread_limiter()
    before, limiter.total_tokens = limiter.total_tokens, 1
    try:
        async with limiter:
            assert await store.claim("evt_1", time.time() + SECONDS)
    finally:
        limiter.total_tokens = before


def test_a_store_can_be_used_in_successive_event_loops(hanging):
    database, store = hanging
    database.go_on.set()
    for backend in ("asyncio", "trio", "asyncio"):
        assert anyio.run(
            store.claim, f"evt_{backend}", time.time() + SECONDS, backend=backend
        )


def test_a_call_abandoned_before_it_starts_does_nothing():
    abandoned, done = set(), []
    call = threads._Call(lambda: done.append(1), threading.Lock(), abandoned)
    call.abandon()
    call.run()
    assert (set(), []) == (abandoned, done)


@contextmanager
def lock_table(backend):
    """Lock the events table inside the block."""
    with psycopg.connect(backend.address) as connection:
        connection.execute(f"LOCK TABLE {backend.table} IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


async def test_postgres_cancels_a_statement_that_waits_too_long(
    servers, tmp_path, monkeypatch
):
    monkeypatch.setattr(postgres, "_STATEMENT_MILLISECONDS", 60_000)
    monkeypatch.setattr(postgres, "_CALL_SECONDS", 60)
    with open_backend("postgres", servers, tmp_path) as backend:
        store = backend.open()
        assert await store.claim("evt_1", backend.now + 60)
        store._database.close()  # the limit is set when a connection is opened
        with lock_table(backend), monkeypatch.context() as patch:
            patch.setattr(postgres, "_STATEMENT_MILLISECONDS", 500)
            with pytest.raises(psycopg.errors.QueryCanceled):
                await store.claim("evt_2", backend.now + 60)
        assert await store.claim("evt_2", backend.now + 60)


async def test_a_call_to_an_unresponsive_postgres_times_out(
    servers, tmp_path, monkeypatch
):
    monkeypatch.setattr(postgres, "_CALL_SECONDS", 0.1)
    with open_backend("postgres", servers, tmp_path) as backend:
        backend.address += " options='-c statement_timeout=0'"
        store = backend.open()
        with psycopg.connect(backend.address) as connection:
            connection.execute(sql.create_statement(backend.table))
        with (
            lock_table(backend),
            pytest.raises(
                TimeoutError, match="PostgreSQL did not respond within 0.1 s"
            ),
        ):
            await store.is_confirmed("evt_1")
        monkeypatch.setattr(postgres, "_CALL_SECONDS", 60)
        assert not await store.is_confirmed("evt_1")


def test_redis_timeouts_are_within_the_limit_for_a_call():
    settings = RedisEventStore(
        "redis://127.0.0.1:9"
    )._client.connection_pool.connection_kwargs
    attempts = 1 + settings["retry"]._retries
    assert 10 > attempts * (
        settings["socket_timeout"] + settings["socket_connect_timeout"]
    )


async def test_a_call_to_an_unresponsive_redis_times_out():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}?socket_timeout=0.05"
        with pytest.raises(redis.TimeoutError):
            await RedisEventStore(url).claim("evt_1", time.time() + SECONDS)


async def test_a_call_to_a_locked_sqlite_file_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.01)
    import sqlite3  # noqa: PLC0415

    path = tmp_path / "events.sqlite"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    store = SQLiteEventStore(path)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await store.claim("evt_1", time.time() + SECONDS)
    other.execute("ROLLBACK")
    other.close()
    assert await store.claim("evt_1", time.time() + SECONDS)
    await store.aclose()


@pytest.mark.parametrize("name", ["sqlite", "postgres"])
async def test_a_call_does_not_wait_forever_for_the_previous_one(
    name, servers, tmp_path, monkeypatch
):
    monkeypatch.setattr(threads, "_LOCK_SECONDS", 0.01)
    with open_backend(name, servers, tmp_path) as backend:
        store = backend.open()
        with (
            store._database._lock,
            pytest.raises(TimeoutError, match="previous statement has not finished"),
        ):
            await store.claim("evt_1", backend.now + 60)
        assert await store.claim("evt_1", backend.now + 60)
