"""Tests of the worker example, with real processes and servers."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import anyio
import pytest
import redis

from financial_connections import AsyncClient
from financial_connections.fleet import PostgresStore
from financial_connections.sandbox import Clock, Fault, Sandbox, serve
from tests.support.databases import RedisProcess, postgres_server
from tests.support.fleet.stores import (
    end_wait,
    migrate,
    new_database,
    query,
    read_everything,
    stored_states,
)

ROOT = Path(__file__).parents[1]
SECRET = "whsec_of_the_test"
LEASE = 2


@pytest.fixture(scope="module")
def postgres():
    with postgres_server() as conninfo:
        yield conninfo


@pytest.fixture(scope="module")
def queue():
    with RedisProcess() as server:
        yield server


@pytest.fixture
def deployment(postgres, queue):
    flush(queue)
    with Deployment(new_database(postgres), queue.url) as deployment:
        yield deployment


def flush(queue):
    with redis.Redis.from_url(queue.url) as connection:
        connection.flushall()


def free_port():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


def wait_until(condition):
    give_up = time.monotonic() + 180  # only so that nothing waits for ever
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


@contextmanager
def run_process(*arguments, **environment):
    """Run a Python module, and kill it and its children at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        kill(process)


def kill(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Deployment:
    """A sandbox, a database and a queue, and the processes of the example.

    It runs inside the `with` block.
    """

    def __init__(self, conninfo, redis_url):
        self.conninfo = conninfo
        self.sandbox = Sandbox(clock=Clock.system())
        self._redis_url = redis_url

    def __enter__(self):
        migrate(self.conninfo)
        self._exits = ExitStack()
        self._server = self._exits.enter_context(serve(self.sandbox))
        return self

    def __exit__(self, *error):
        self._exits.close()

    def start_worker(self, tasks=16):
        options = ["--workers", "1", "--max-async-tasks", str(tasks)]
        options += ["--log-level", "ERROR"]
        return self._exits.enter_context(
            run_process(
                *("taskiq", "worker", "examples.worker:broker", *options),
                DATABASE_URL=self.conninfo,
                REDIS_URL=self._redis_url,
                STRIPE_API_KEY=self.sandbox.api_key,
                STRIPE_BASE_URL=self._server.url,
                LEASE_SECONDS=str(LEASE),
            )
        )

    def start_receiver(self):
        """Start a receiver, and register it in the sandbox."""
        port = free_port()
        options = ["--port", str(port), "--log-level", "warning"]
        process = self._exits.enter_context(
            run_process(
                *("uvicorn", "--factory", "examples.worker:receiver", *options),
                DATABASE_URL=self.conninfo,
                STRIPE_WEBHOOK_SECRET=SECRET,
            )
        )
        wait_until(lambda: is_open(port, process))
        url = f"http://127.0.0.1:{port}/stripe"
        self.sandbox.add_webhook(url, secret=SECRET, duplicated=True)

    def add(self, number, transactions, **settings):
        """Add accounts that are due, and return their IDs."""
        accounts = [
            self.sandbox.add_account(transactions=transactions) for _ in range(number)
        ]
        self.use_store(lambda store: want_all(store, accounts, **settings))
        return accounts

    def use_store(self, function):
        async def run():
            async with PostgresStore(self.conninfo) as store:
                return await function(store)

        return anyio.run(run)

    def wait_until_done(self, dead=0):
        """Wait until every account has been synced or is dead.

        Accounts that wait after an error are tried at once.
        """
        wait_until(
            lambda: (
                end_wait(self.conninfo)
                or [(0, dead)]
                == query(
                    self.conninfo,
                    "SELECT count(*) FILTER (WHERE wanted > done AND dead_at IS NULL),"
                    " count(dead_at) FROM fc_account",
                )
            )
        )

    def check(self, accounts):
        """Compare the database with a plain sync of each account."""

        async def run():
            async with AsyncClient(
                self.sandbox.api_key, base_url=self._server.url
            ) as client:
                return await read_everything(client, accounts)

        assert anyio.run(run) == stored_states(self.conninfo)

    @property
    def rows(self):
        ((count,),) = query(self.conninfo, "SELECT count(*) FROM fc_transaction")
        return count

    @property
    def queue_length(self):
        with redis.Redis.from_url(self._redis_url) as connection:
            return connection.llen("sync_accounts")

    @property
    def requests(self):
        """Number of requests that the sandbox has received."""
        return self.sandbox.traffic.total.admitted


async def want_all(store, accounts, **settings):
    for account in accounts:
        await store.want(account, **settings)


def is_open(port, process):
    assert process.poll() is None
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_accounts_of_a_killed_worker_need_no_further_message(deployment):
    deployment.sandbox.inject(Fault("latency", seconds=0.05, times=None))
    accounts = deployment.add(4, transactions=1_000)
    victim = deployment.start_worker(tasks=2)
    wait_until(lambda: deployment.rows >= 400)
    kill(victim)
    deployment.start_worker()
    deployment.wait_until_done()
    deployment.check(accounts)


def test_a_lost_queue_is_filled_again(deployment, queue):
    deployment.sandbox.inject(Fault("latency", seconds=0.02, times=None))
    accounts = deployment.add(30, transactions=120)
    deployment.start_worker(tasks=1)
    for rows, lose in ((300, flush), (1_200, RedisProcess.restart)):
        wait_until(lambda rows=rows: deployment.rows >= rows)
        lose(queue)
    deployment.wait_until_done()
    deployment.check(accounts)


def test_many_workers_read_an_account_once(deployment):
    """Its sync takes longer than its lease, and consists of several slices."""
    deployment.sandbox.inject(Fault("latency", seconds=0.05, times=None))
    accounts = deployment.add(1, transactions=3_000)
    for _ in range(3):
        deployment.start_worker()
    wait_until(lambda: deployment.rows > 0)
    for _ in range(10):  # repeated messages
        deployment.use_store(lambda store: want_all(store, accounts))
    deployment.wait_until_done()
    requests = deployment.requests
    deployment.check(accounts)
    needed = deployment.requests - requests
    assert needed > 60
    assert requests <= 1.1 * needed


def test_an_outage_and_poison_lose_no_account(deployment):
    deployment.sandbox.inject(Fault("unavailable", times=None))
    accounts = deployment.add(5, transactions=120)
    deployment.start_worker()
    attempts = "SELECT min(attempts) >= 2 FROM fc_account"
    wait_until(
        lambda: (
            end_wait(deployment.conninfo)
            or query(deployment.conninfo, attempts) == [(True,)]
        )
    )
    deployment.sandbox.api.faults.clear()
    deployment.use_store(lambda store: store.want("fca_unknown"))
    wait_until(lambda: end_wait(deployment.conninfo) or deployment.rows == 5 * 120)
    deployment.wait_until_done(dead=1)
    ((_, error),) = query(
        deployment.conninfo,
        "SELECT account, error FROM fc_account WHERE dead_at IS NOT NULL",
    )
    assert "NotFoundError" in error
    deployment.check(accounts)


def test_a_stopped_worker_ends_its_slices(deployment):
    deployment.sandbox.inject(Fault("latency", seconds=0.05, times=None))
    deployment.add(4, transactions=1_000)
    worker = deployment.start_worker()
    wait_until(lambda: deployment.rows >= 200)
    worker.send_signal(signal.SIGTERM)
    worker.wait(180)
    leases = "SELECT count(lease_token), sum(strikes) FROM fc_account"
    assert [(0, 0)] == query(deployment.conninfo, leases)


def test_the_queue_is_short_and_fair(deployment):
    deployment.sandbox.inject(Fault("latency", seconds=0.02, times=None))
    deployment.add(300, transactions=0, tenant="large")
    (small,) = deployment.add(1, transactions=0, tenant="small")
    deployment.start_worker(tasks=1)
    lengths = set()

    def is_done():
        lengths.add(deployment.queue_length)
        return query(
            deployment.conninfo,
            "SELECT synced_at FROM fc_account"
            " WHERE account = %s AND synced_at IS NOT NULL",
            small,
        )

    wait_until(is_done)
    assert 0 < max(lengths) <= 200
    synced = "SELECT count(synced_at) < 30 FROM fc_account"
    assert [(True,)] == query(deployment.conninfo, synced)


def test_an_event_starts_a_sync(deployment):
    deployment.start_receiver()
    deployment.start_worker()
    account = deployment.sandbox.add_account(transactions=250)
    deployment.sandbox.add_transactions(account)
    wait_until(lambda: deployment.rows == 251)
    deployment.wait_until_done()
    deployment.check([account])
