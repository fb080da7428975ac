"""Stores of handled events: one model for all, several workers, crashes, and what is
refused.
"""

import asyncio
import json
import math
import pickle
import subprocess
import sys
import time
import traceback
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import anyio
import psycopg
import pytest
import redis
import redis.asyncio
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from financial_connections import ConfigurationError
from financial_connections.webhooks import (
    PostgresEventStore,
    QueryableEventStore,
    RecentEvents,
    RedisEventStore,
    SQLiteEventStore,
    webhook_endpoint,
)
from tests.support.databases import postgres_server, redis_server
from tests.support.webhook_worker import SECRET, STORES, post

ROOT = Path(__file__).parents[2]
RETENTION = 1_000.0
_numbers = count()


@pytest.fixture(scope="session")
def servers():
    """Addresses of the servers by the name of the store, each started when it is first
    needed.
    """
    with ExitStack() as stack:
        yield Servers(stack)


class Servers(dict):
    def __init__(self, stack):
        self.stack = stack

    def __missing__(self, name):
        start = {"redis": redis_server, "postgres": postgres_server}[name]
        self[name] = self.stack.enter_context(start())
        return self[name]


class World:
    """A store, as several workers open it, and its time."""

    def __init__(self, name, address):
        self.name = name
        self.address = address
        self.now = time.time()
        self.opened = []
        self.prefix = f"{next(_numbers)}:"

    def open(self):
        """The store of another worker; in memory all workers have the same one."""
        arguments = {"clock": lambda: self.now, "retention": RETENTION}
        match self.name:
            case "memory":
                self.opened = self.opened or [RecentEvents(clock=lambda: self.now)]
                return self.opened[0]
            case "sqlite":
                store = SQLiteEventStore(self.address, **arguments)
            case "redis":
                store = RedisEventStore(self.address, prefix=self.prefix, **arguments)
            case "postgres":
                store = PostgresEventStore(self.address, table=self.table, **arguments)
        self.opened.append(store)
        return store

    def let_pass(self, seconds, keys=None):
        """Let time pass. Redis has a clock of its own, so its keys are made older."""
        self.now += seconds
        if self.name == "redis":
            with redis.Redis.from_url(self.address) as client:
                for key in client.keys(keys or f"{self.prefix}*"):
                    client.pexpire(key, client.pttl(key) - round(seconds * 1_000))

    def close(self):
        for store in self.opened:
            if self.name != "memory":
                (store._client if self.name == "redis" else store._database).close()


@contextmanager
def world_of(name, servers, folder):
    world = World(
        name,
        folder / f"{next(_numbers)}.sqlite"
        if name in {"memory", "sqlite"}
        else servers[name],
    )
    world.table = f"events_{next(_numbers)}"
    try:
        yield world
    finally:
        world.close()


NAMES = ["memory", "sqlite", "redis", "postgres"]
SHARED = NAMES[1:]


@pytest.fixture(params=NAMES)
def world(request, servers, tmp_path):
    with world_of(request.param, servers, tmp_path) as world:
        yield world


# -- one model -------------------------------------------------------------------------


class Model(RuleBasedStateMachine):
    """What an event store is, in a dictionary, and beside it the store."""

    make_world = None
    events = st.sampled_from(["evt_1", "evt_2", "evt_3"])
    workers = st.integers(0, 2)

    @initialize()
    def begin(self):
        self.context = self.make_world()
        self.world = self.context.__enter__()
        self.stores = [self.world.open() for _ in range(3)]
        self.forgets = self.world.name != "memory"
        self.rows, self.tokens, self.token = {}, {}, 0
        self.portal_context = anyio.from_thread.start_blocking_portal()
        self.portal = self.portal_context.__enter__()

    def teardown(self):
        if hasattr(self, "portal"):
            self.portal_context.__exit__(None, None, None)
            self.context.__exit__(None, None, None)

    def row(self, event):
        owner, until = self.rows.get(event, ("", -math.inf))
        return (owner, until) if until > self.world.now else ("", -math.inf)

    def tokens_of(self, worker):
        return self.tokens.setdefault(id(self.stores[worker]), {})

    @rule(worker=workers, event=events, seconds=st.sampled_from([-100, 0, 100, 300]))
    def claim(self, worker, event, seconds):
        until = self.world.now + seconds
        expected = self.row(event)[0] == ""
        if expected:
            self.token += 1
            self.rows[event] = (self.token, until)
            self.tokens_of(worker)[event] = self.token
        assert expected == self.portal.call(self.stores[worker].claim, event, until)

    @rule(worker=workers, event=events)
    def confirm(self, worker, event):
        token = self.tokens_of(worker).pop(event, "nobody")
        if self.row(event)[0] in {"", token}:
            self.rows[event] = (
                "confirmed",
                self.world.now + RETENTION if self.forgets else math.inf,
            )
        self.portal.call(self.stores[worker].confirm, event)

    @rule(worker=workers, event=events)
    def release(self, worker, event):
        if self.tokens_of(worker).pop(event, "nobody") == self.row(event)[0]:
            del self.rows[event]
        self.portal.call(self.stores[worker].release, event)

    @rule(seconds=st.sampled_from([50, 100, 400]))
    def let_pass(self, seconds):
        self.world.let_pass(seconds)

    @invariant()
    def the_store_knows_what_is_confirmed(self):
        for event in self.rows if hasattr(self, "rows") else ():
            expected = self.row(event)[0] == "confirmed"
            assert expected == self.portal.call(self.stores[0].is_confirmed, event)


@pytest.mark.parametrize("name", NAMES)
def test_every_store_behaves_as_the_model(name, servers, tmp_path):
    class OfStore(Model):
        def make_world(self):
            return world_of(name, servers, tmp_path)

    run_state_machine_as_test(
        OfStore,
        settings=settings(max_examples=25, stateful_step_count=25, deadline=None),
    )


def test_every_store_can_be_queried(world):
    assert isinstance(world.open(), QueryableEventStore)


# -- claims ----------------------------------------------------------------------------


async def test_of_many_claims_at_once_exactly_one_succeeds(world):
    stores = [world.open() for _ in range(4)]
    for event in ("evt_1", "evt_2", "evt_3"):
        claims = []

        async def claim(store, event=event, claims=claims):
            claims.append(await store.claim(event, world.now + 60))

        async with anyio.create_task_group() as tasks:
            for store in stores * 5:
                tasks.start_soon(claim, store)
        assert [False] * 19 + [True] == sorted(claims)


@pytest.mark.parametrize("late", ["release", "confirm"])
async def test_a_worker_whose_claim_was_taken_over_cannot_end_the_claim_of_the_other(
    world, late
):
    taken_over, over = anyio.Event(), anyio.Event()
    store, other = world.open(), world.open()

    async def work():
        assert await store.claim("evt_1", world.now + 60)
        world.let_pass(61)
        taken_over.set()
        await over.wait()
        await getattr(store, late)("evt_1")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work)
        await taken_over.wait()
        assert await other.claim("evt_1", world.now + 60)
        over.set()
    assert not await world.open().claim("evt_1", world.now + 60)
    assert not await other.is_confirmed("evt_1")
    await other.confirm("evt_1")
    assert await store.is_confirmed("evt_1")


async def test_a_handled_event_is_forgotten_after_the_retention(world):
    store = world.open()
    await store.claim("evt_1", world.now + 60)
    await store.confirm("evt_1")
    world.let_pass(RETENTION - 1)
    assert not await store.claim("evt_1", world.now + 60)
    world.let_pass(2)
    assert (world.name == "memory") is not await store.claim("evt_1", world.now + 60)


@pytest.mark.parametrize("name", ["sqlite", "postgres"])
async def test_rows_that_no_longer_count_are_deleted(name, servers, tmp_path):
    with world_of(name, servers, tmp_path) as world:
        store = world.open()
        for number in range(5):
            await store.claim(f"evt_{number}", world.now + 60)
            await store.confirm(f"evt_{number}")
        world.let_pass(3_600)
        await store.claim("evt_9", world.now + 60)
        table = "stripe_events" if name == "sqlite" else world.table
        assert 1 == await anyio.to_thread.run_sync(
            store._database.run, f"SELECT id FROM {table}", {}
        )


async def test_the_store_in_memory_forgets_the_oldest():
    store = RecentEvents(capacity=2)
    for event in ("a", "b", "c", "b"):
        await store.claim(event, math.inf)
        await store.confirm(event)
    assert [False, True, True] == [
        await store.is_confirmed(event) for event in ("a", "b", "c")
    ]


async def test_a_closed_store_opens_again(world):
    store = world.open()
    assert await store.claim("evt_1", world.now + 60)
    if world.name != "memory":
        await store.aclose()
    await store.confirm("evt_1")
    assert await store.is_confirmed("evt_1")


# -- endpoints that share a store ------------------------------------------------------


async def test_an_event_that_another_worker_is_handling_is_a_409_until_it_is_confirmed(
    world,
):
    handling, go_on, handled = anyio.Event(), anyio.Event(), []

    async def slow(event):
        handling.set()
        await go_on.wait()
        handled.append("slow")

    async def quick(event):
        handled.append("quick")

    first = webhook_endpoint(SECRET, slow, store=world.open(), clock=lambda: world.now)
    other = webhook_endpoint(SECRET, quick, store=world.open(), clock=lambda: world.now)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(post, first, "evt_1", round(world.now))
        await handling.wait()
        assert 409 == await post(other, "evt_1", round(world.now))
        go_on.set()
    assert (200, ["slow"]) == (await post(other, "evt_1", round(world.now)), handled)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_delivery_that_asyncio_cancels_while_it_claims_leaves_the_event_to_the_next_one(
    world, monkeypatch
):
    store, claimed, go_on, handled = world.open(), asyncio.Event(), asyncio.Event(), []
    claim = store.claim

    async def slow(*call):
        result = await claim(*call)
        claimed.set()
        await go_on.wait()
        return result

    async def handler(event):
        handled.append(event.id)

    monkeypatch.setattr(store, "claim", slow)
    first = webhook_endpoint(SECRET, handler, store=store, clock=lambda: world.now)
    other = webhook_endpoint(
        SECRET, handler, store=world.open(), clock=lambda: world.now
    )
    delivery = asyncio.create_task(post(first, "evt_1", round(world.now)))
    await claimed.wait()
    delivery.cancel()
    await anyio.wait_all_tasks_blocked()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await delivery
    monkeypatch.undo()
    assert (200, ["evt_1"]) == (await post(other, "evt_1", round(world.now)), handled)


async def test_a_handler_that_outlives_its_claim_does_not_end_the_claim_of_the_next_one(
    world,
):
    """Also when both endpoints have the same store object."""
    handling, fail, go_on, handled = anyio.Event(), anyio.Event(), anyio.Event(), []

    async def too_slow(event):
        handling.set()
        await fail.wait()
        raise OSError("the disk is full")

    async def next_one(event):
        fail.set()
        await go_on.wait()
        handled.append(event.id)

    store = world.open()
    first = webhook_endpoint(
        SECRET, too_slow, store=store, claim_timeout=60, clock=lambda: world.now
    )
    second = webhook_endpoint(
        SECRET, next_one, store=store, claim_timeout=60, clock=lambda: world.now
    )
    third = webhook_endpoint(
        SECRET, next_one, store=world.open(), clock=lambda: world.now
    )

    async def deliver_to_the_first():
        with pytest.raises(OSError, match="disk"):
            await post(first, "evt_1", round(world.now))
        statuses.append(await post(third, "evt_1", round(world.now)))
        go_on.set()

    statuses = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(deliver_to_the_first)
        await handling.wait()
        world.let_pass(61)
        statuses.append(await post(second, "evt_1", round(world.now)))
    assert ([409, 200], ["evt_1"]) == (statuses, handled)


def start(name, address, **job):
    job = {
        "store": name,
        "address": str(address),
        "events": 1,
        "seed": 1,
        "tasks": 1,
        "backend": "asyncio",
    } | job
    command = [
        sys.executable,
        "-W",
        "error",
        str(ROOT / "tests/support/webhook_worker.py"),
        json.dumps(job),
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert "ready\n" == process.stdout.readline()
    return process


def results_of(processes):
    """Let all begin at once, and return what each has printed."""
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate()[0] for process in processes]
    assert [0] * len(processes) == [process.returncode for process in processes]
    return [json.loads(output) for output in outputs]


def handle_in_four_processes(name, servers, folder, events):
    with emptied(name, servers, folder) as address:
        backends = ["asyncio", "trio"] * 2
        workers = [
            # Two at a time have the same order, so they often meet at the same event.
            start(
                name, address, events=events, seed=number // 2, tasks=8, backend=backend
            )
            for number, backend in enumerate(backends)
        ]
        return results_of(workers)


@contextmanager
def emptied(name, servers, folder):
    """The address of a store of which nobody knows anything."""
    if name == "sqlite":
        yield folder / "events.sqlite"
        return
    if name == "redis":
        with redis.Redis.from_url(servers[name]) as client:
            client.flushall()
    else:
        with psycopg.connect(servers[name], autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS stripe_events")
    yield servers[name]


@pytest.mark.parametrize("name", SHARED)
def test_four_processes_handle_each_event_once(name, servers, tmp_path):
    results = handle_in_four_processes(name, servers, tmp_path, 50)
    handled = [event for result in results for event in result["handled"]]
    assert sorted(f"evt_{n}" for n in range(50)) == sorted(handled)
    assert [100] * 4 == [result["statuses"]["200"] for result in results]


@pytest.mark.parametrize("name", SHARED)
def test_the_event_of_a_worker_that_was_killed_is_handled_after_its_claim(
    name, servers, tmp_path
):
    with emptied(name, servers, tmp_path) as address:
        worker = start(name, address, dies=True)
        output, _ = worker.communicate("go\n")
        assert ("handling\n", -9) == (output, worker.returncode)
        world, handled = World(name, address), []

        async def handler(event):
            handled.append(event.id)

        async def redeliver():
            store = STORES[name](address, clock=lambda: world.now)
            app = webhook_endpoint(
                SECRET, handler, store=store, clock=lambda: world.now
            )
            statuses = [await post(app, "evt_0", round(world.now))]
            world.let_pass(301, keys="*")
            statuses += [await post(app, "evt_0", round(world.now)) for _ in range(2)]
            await store.aclose()
            return statuses

        assert ([409, 200, 200], ["evt_0"]) == (anyio.run(redeliver), handled)


# -- servers that go away --------------------------------------------------------------


async def test_a_lost_connection_to_postgres_is_opened_again(servers, tmp_path):
    with world_of("postgres", servers, tmp_path) as world:
        store = world.open()
        assert await store.claim("evt_1", world.now + 60)
        with psycopg.connect(world.address, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            )
        await store.confirm("evt_1")
        assert await store.is_confirmed("evt_1")


async def test_a_lost_connection_to_redis_is_opened_again(servers, tmp_path):
    with world_of("redis", servers, tmp_path) as world:
        store = world.open()
        assert await store.claim("evt_1", world.now + 60)
        with redis.Redis.from_url(world.address) as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "NORMAL", "SKIPME", "YES")
        await store.confirm("evt_1")
        assert await store.is_confirmed("evt_1")


async def test_a_claim_that_is_repeated_after_a_lost_response_succeeds(
    servers, tmp_path, monkeypatch
):
    """The statement arrived, and what is lost is the response to it."""
    with world_of("postgres", servers, tmp_path) as world:
        store = world.open()
        execute, lost = store._database._execute, []

        def lossy(query, values):
            result = execute(query, values)
            if b"INSERT" in query and not lost:
                lost.append(1)
                raise psycopg.OperationalError(
                    "the server closed the connection unexpectedly"
                )
            return result

        monkeypatch.setattr(store._database, "_execute", lossy)
        assert await store.claim("evt_1", world.now + 60)
        assert [1] == lost


async def test_a_table_that_exists_needs_no_right_to_create_one(servers):
    admin = psycopg.connect(servers["postgres"], autocommit=True)
    with admin:
        admin.execute("CREATE SCHEMA hooks")
        admin.execute(
            "CREATE TABLE hooks.events (id TEXT PRIMARY KEY, owner TEXT, until DOUBLE PRECISION NOT NULL)"
        )
        admin.execute("CREATE ROLE receiver LOGIN")
        admin.execute("GRANT USAGE ON SCHEMA hooks TO receiver")
        admin.execute(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON hooks.events TO receiver"
        )
    try:
        store = PostgresEventStore(
            f"{servers['postgres']} user=receiver", table="hooks.events"
        )
        assert await store.claim("evt_1", time.time() + 60)
        await store.confirm("evt_1")
        assert await store.is_confirmed("evt_1")
        await store.aclose()
    finally:
        with psycopg.connect(servers["postgres"], autocommit=True) as admin:
            admin.execute("DROP SCHEMA hooks CASCADE")
            admin.execute("DROP ROLE receiver")


# -- clients and arguments -------------------------------------------------------------


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("decode", [False, True])
async def test_a_client_of_redis_asyncio_can_be_used(servers, decode):
    async with redis.asyncio.Redis.from_url(
        servers["redis"], decode_responses=decode
    ) as client:
        store = RedisEventStore(client, prefix=f"{next(_numbers)}:")
        assert await store.claim("evt_1", time.time() + 60)
        assert not await store.claim("evt_1", time.time() + 60)
        await store.confirm("evt_1")
        assert await store.is_confirmed("evt_1")
        await store.aclose()
        assert await client.ping()


async def test_a_client_of_redis_can_be_used(servers):
    with redis.Redis.from_url(servers["redis"]) as client:
        store = RedisEventStore(client, prefix=f"{next(_numbers)}:")
        assert await store.claim("evt_1", time.time() + 60)
        await store.release("evt_1")
        assert await store.claim("evt_1", time.time() + 60)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: RecentEvents(capacity=0), "^capacity must be"),
        (lambda: SQLiteEventStore(""), "^path must be"),
        (lambda: SQLiteEventStore(5), "^path must be"),
        (
            lambda: SQLiteEventStore("a.sqlite", table="a; DROP TABLE b"),
            "^table must be",
        ),
        (lambda: SQLiteEventStore("a.sqlite", table=None), "^table must be"),
        (lambda: SQLiteEventStore("a.sqlite", retention=0), "^retention must be"),
        (lambda: PostgresEventStore("password=hunter2 nonsense"), "^conninfo must be"),
        (lambda: PostgresEventStore(None), "^conninfo must be"),
        (lambda: PostgresEventStore("host=a", table='"a"'), "^table must be"),
        (lambda: RedisEventStore("http://:hunter2@127.0.0.1"), "^client must be"),
        (lambda: RedisEventStore(5), "^client must be"),
        (lambda: RedisEventStore("redis://127.0.0.1", prefix=5), "^prefix must be"),
        (
            lambda: RedisEventStore("redis://127.0.0.1", retention=float("nan")),
            "^retention must be",
        ),
    ],
)
def test_an_argument_that_cannot_be_used_is_refused(make, why):
    with pytest.raises(ConfigurationError, match=why) as caught:
        make()
    assert caught.value.__context__ is None
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)][2:]
    assert frames
    assert "hunter2" not in "".join(repr(frame.f_locals) for frame in frames)


@pytest.mark.parametrize(
    ("store", "extra"), [(RedisEventStore, "redis"), (PostgresEventStore, "postgres")]
)
def test_a_store_without_its_driver_names_the_extra(store, extra, monkeypatch):
    monkeypatch.setattr(sys.modules[store.__module__], "find_spec", lambda name: None)
    with pytest.raises(
        ConfigurationError,
        match=rf"needs: pip install 'financial-connections\[{extra}\]'",
    ):
        store("")


@pytest.mark.parametrize(
    "store",
    [
        PostgresEventStore("host=a password=hunter2"),
        RedisEventStore("redis://:hunter2@a"),
    ],
)
def test_a_store_shows_no_password(store):
    assert "hunter2" not in repr(store) + repr(vars(store))
    with pytest.raises(TypeError):
        pickle.dumps(store)


def test_the_drivers_are_loaded_only_when_they_are_used():
    program = "import sys, financial_connections.webhooks; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert not {"redis", "psycopg", "sqlite3"} & {
        module.split(".")[0] for module in done.stdout.split()
    }
