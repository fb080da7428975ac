"""Databases that hang: how many threads they can keep, and for how long."""

import socket
import threading
import time
from contextlib import contextmanager

import anyio
import psycopg
import pytest
import redis

from financial_connections.webhooks import (
    PostgresEventStore,
    RedisEventStore,
    SQLiteEventStore,
)
from financial_connections.webhooks.stores import postgres, sql, sqlite, threads
from financial_connections.webhooks.stores.sql import SQLEventStore
from tests.webhooks.test_stores import servers, world_of

__all__ = ["servers"]
LATER = 60.0


class Hanging:
    """A database, or a client of Redis, whose calls block until `go_on` is set."""

    def __init__(self):
        self.go_on = threading.Event()
        self.begun = 0
        self.running = 0

    def run(self, *_):
        self.begun += 1
        self.running += 1
        try:
            assert self.go_on.wait(30)
            return 1
        finally:
            self.running -= 1

    async def until(self, condition):
        while not condition():
            await anyio.lowlevel.checkpoint()


class HangingRedis(Hanging, redis.Redis):
    eval = Hanging.run

    def __init__(self):
        redis.Redis.__init__(self)
        Hanging.__init__(self)


@pytest.fixture(params=["sql", "redis"])
def hanging(request):
    """A database that hangs, and a store in it."""
    database = Hanging() if request.param == "sql" else HangingRedis()
    store = (
        SQLEventStore(database, LATER, time.time)
        if request.param == "sql"
        else RedisEventStore(database)
    )
    if request.param == "sql":
        store._pruned_at = time.time()
    yield database, store
    database.go_on.set()


async def abandon_a_call(database, store):
    """Claim an event until the thread has begun, and return whether it did."""
    begun = database.begun
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store.claim, f"evt_{begun}", time.time() + LATER)
        await database.until(lambda: database.begun > begun)
        tasks.cancel_scope.cancel()


async def test_a_database_that_hangs_keeps_a_limited_number_of_threads(hanging):
    database, store = hanging
    for _ in range(threads.AT_ONCE):
        await abandon_a_call(database, store)
    for _ in range(3):
        with pytest.raises(
            TimeoutError, match=f"^{threads.AT_ONCE} earlier calls .* have not ended"
        ):
            await store.claim("evt_1", time.time() + LATER)
    assert threads.AT_ONCE == database.begun
    database.go_on.set()
    await database.until(lambda: not database.running and not store._threads._abandoned)
    assert await store.claim("evt_1", time.time() + LATER)


async def test_calls_of_a_database_that_responds_wait_for_a_thread(hanging):
    database, store = hanging
    async with anyio.create_task_group() as tasks:
        for number in range(3 * threads.AT_ONCE):
            tasks.start_soon(store.claim, f"evt_{number}", time.time() + LATER)
        await database.until(lambda: database.begun == threads.AT_ONCE)
        await anyio.wait_all_tasks_blocked()
        assert threads.AT_ONCE == database.begun
        database.go_on.set()
    assert 3 * threads.AT_ONCE == database.begun


async def test_threads_of_the_application_do_not_hold_up_a_store(hanging):
    database, store = hanging
    database.go_on.set()
    limiter = anyio.to_thread.current_default_thread_limiter()
    before, limiter.total_tokens = limiter.total_tokens, 1
    try:
        async with limiter:
            assert await store.claim("evt_1", time.time() + LATER)
    finally:
        limiter.total_tokens = before


def test_a_store_can_be_used_in_one_event_loop_after_another(hanging):
    database, store = hanging
    database.go_on.set()
    for backend in ("asyncio", "trio", "asyncio"):
        assert anyio.run(
            store.claim, f"evt_{backend}", time.time() + LATER, backend=backend
        )


def test_a_call_that_was_abandoned_before_it_began_does_nothing():
    abandoned, done = set(), []
    call = threads._Call(lambda: done.append(1), threading.Lock(), abandoned)
    call.abandon()
    call.run()
    assert (set(), []) == (abandoned, done)


# -- PostgreSQL ------------------------------------------------------------------------


@contextmanager
def locked(world):
    """Keep everybody else from the table of events."""
    with psycopg.connect(world.address) as connection:
        connection.execute(f"LOCK TABLE {world.table} IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


async def test_postgres_ends_a_statement_that_waits_too_long(
    servers, tmp_path, monkeypatch
):
    monkeypatch.setattr(postgres, "_STATEMENT_MILLISECONDS", 500)
    with world_of("postgres", servers, tmp_path) as world:
        store = world.open()
        assert await store.claim("evt_1", world.now + 60)
        with locked(world), pytest.raises(psycopg.errors.QueryCanceled):
            await store.claim("evt_2", world.now + 60)
        assert await store.claim("evt_2", world.now + 60)


async def test_a_postgres_that_does_not_respond_is_given_up(
    servers, tmp_path, monkeypatch
):
    monkeypatch.setattr(postgres, "_CALL_SECONDS", 0.1)
    with world_of("postgres", servers, tmp_path) as world:
        world.address += " options='-c statement_timeout=0'"
        store = world.open()
        with psycopg.connect(world.address) as connection:
            connection.execute(
                f"CREATE TABLE {world.table} (id TEXT PRIMARY KEY, owner TEXT, until DOUBLE PRECISION NOT NULL)"
            )
        with (
            locked(world),
            pytest.raises(
                TimeoutError, match="PostgreSQL did not respond within 0.1 s"
            ),
        ):
            await store.is_confirmed("evt_1")
        monkeypatch.setattr(postgres, "_CALL_SECONDS", 5)
        assert not await store.is_confirmed("evt_1")


async def test_the_options_of_a_connection_string_are_kept(servers):
    store = PostgresEventStore(f"{servers['postgres']} options='-c lock_timeout=7s'")
    connection = await anyio.to_thread.run_sync(store._database._connect)
    with connection:
        query = "SELECT current_setting('lock_timeout') = '7s' AND current_setting('statement_timeout') = '4s'"
        assert (True,) == connection.execute(query).fetchone()
    connection.close()
    await store.aclose()


async def test_a_pooler_that_refuses_options_is_connected_to_without_them(
    servers, monkeypatch
):
    connect, options = psycopg.connect, []

    def refusing(**parameters):
        options.append(parameters.get("options"))
        if parameters.get("options"):
            raise psycopg.OperationalError(
                "FATAL:  unsupported startup parameter: options"
            )
        return connect(**parameters)

    monkeypatch.setattr(psycopg, "connect", refusing)
    store = PostgresEventStore(servers["postgres"])
    assert not await store.is_confirmed("evt_1")
    await store.aclose()
    assert ["-c statement_timeout=4000", None] == options


# -- Redis and SQLite ------------------------------------------------------------------


def test_a_redis_that_does_not_respond_is_given_up_within_the_limit_of_a_call():
    settings = RedisEventStore(
        "redis://127.0.0.1:9"
    )._client.connection_pool.connection_kwargs
    attempts = 1 + settings["retry"]._retries
    assert 10 > attempts * (
        settings["socket_timeout"] + settings["socket_connect_timeout"]
    )


async def test_a_redis_that_accepts_connections_and_does_not_respond_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}?socket_timeout=0.05"
        with pytest.raises(redis.TimeoutError):
            await RedisEventStore(url).claim("evt_1", time.time() + LATER)


async def test_a_locked_sqlite_file_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.01)
    import sqlite3  # noqa: PLC0415

    path = tmp_path / "events.sqlite"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    store = SQLiteEventStore(path)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await store.claim("evt_1", time.time() + LATER)
    other.execute("ROLLBACK")
    other.close()
    assert await store.claim("evt_1", time.time() + LATER)
    await store.aclose()


@pytest.mark.parametrize("name", ["sqlite", "postgres"])
async def test_a_call_does_not_wait_forever_for_the_one_before(
    name, servers, tmp_path, monkeypatch
):
    monkeypatch.setattr(threads, "_LOCK_SECONDS", 0.01)
    with world_of(name, servers, tmp_path) as world:
        store = world.open()
        with (
            store._database._lock,
            pytest.raises(TimeoutError, match="the previous statement has not ended"),
        ):
            await store.claim("evt_1", world.now + 60)
        assert await store.claim("evt_1", world.now + 60)


@pytest.mark.parametrize("name", ["sqlite", "postgres"])
async def test_a_claim_deletes_a_limited_number_of_rows(
    name, servers, tmp_path, monkeypatch
):
    monkeypatch.setattr(sql, "_PRUNE_ROWS", 2)
    with world_of(name, servers, tmp_path) as world:
        store, left = world.open(), []
        for number in range(5):
            assert await store.claim(f"evt_{number}", world.now + 60)
        world.let_pass(3_600)
        for number in range(5, 9):
            assert await store.claim(f"evt_{number}", world.now + 60)
            table = "stripe_events" if name == "sqlite" else world.table
            expired = f"SELECT id FROM {table} WHERE until <= {world.now}"
            left.append(
                await anyio.to_thread.run_sync(store._database.run, expired, {})
            )
    assert [3, 1, 0, 0] == left
