"""The database of the web application: migrations, transactions, the inbox."""

import sqlite3
import threading

import anyio
import pytest

from examples.web.database import migrate, open_database
from examples.web.inbox import LEASE, Inbox
from financial_connections import webhooks
from financial_connections.sandbox import Sandbox

ALL = ["001_users", "002_accounts", "003_inbox"]


@pytest.fixture
async def database(database_url):
    database = await open_database(database_url)
    yield database
    await database.aclose()


async def rows(database, sql, *values):
    async with database.transaction() as transaction:
        return await transaction.execute(sql, *values)


async def test_migrations_run_once_and_in_order(database):
    assert [(name,) for name in ALL] == await rows(
        database, "SELECT name FROM migrations ORDER BY name"
    )
    assert [] == await migrate(database)


async def test_a_new_migration_runs_on_an_existing_database(database, tmp_path):
    (tmp_path / "004_nickname.sql").write_text("ALTER TABLE users ADD nickname TEXT;\n")
    assert ["004_nickname"] == await migrate(database, tmp_path)
    assert [] == await rows(database, "SELECT nickname FROM users")


async def test_a_failed_migration_changes_nothing(database, tmp_path):
    (tmp_path / "004_a.sql").write_text("CREATE TABLE a (id TEXT);\n")
    (tmp_path / "005_b.sql").write_text("CREATE TABLE b (id TEXT);\nNONSENSE;\n")
    with pytest.raises(Exception, match="(?i)syntax"):
        await migrate(database, tmp_path)
    (tmp_path / "005_b.sql").write_text("CREATE TABLE b (id TEXT);\n")
    assert ["004_a", "005_b"] == await migrate(database, tmp_path)


async def test_processes_that_start_together_migrate_once(database_url):
    databases = []

    async def start():
        databases.append(await open_database(database_url))

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(start)
    counted = [
        await rows(each, "SELECT count(*) FROM migrations") for each in databases
    ]
    for each in databases:
        await each.aclose()
    assert [[(3,)]] * 4 == counted


async def test_a_failed_or_cancelled_transaction_is_rolled_back(database):
    insert = "INSERT INTO users VALUES (?, ?, ?, ?)"
    with pytest.raises(RuntimeError):
        async with database.transaction() as transaction:
            await transaction.execute(insert, "u1", "a", "b", "c")
            raise RuntimeError
    with anyio.CancelScope() as scope:
        async with database.transaction() as transaction:
            await transaction.execute(insert, "u2", "a", "b", "c")
            scope.cancel()
            await anyio.lowlevel.checkpoint()
    assert [(0,)] == await rows(database, "SELECT count(*) FROM users")


def events(count):
    sandbox = Sandbox()
    account = sandbox.add_account()
    for _ in range(count):
        sandbox.add_transactions(account)
    return [webhooks.parse_event(event) for event in sandbox.events[:count]]


async def test_an_event_is_saved_once(database):
    inbox = Inbox(database)
    for event in events(2) * 3:
        await inbox.add(event)
    saved = await rows(database, "SELECT event_id FROM inbox ORDER BY event_id")
    assert sorted((event.id,) for event in events(2)) == saved


class Now:
    def __init__(self):
        self.seconds = 1_000.0

    def __call__(self):
        return self.seconds


class Blocked:
    """A client whose calls never end."""

    def __init__(self):
        self.accounts, self.calls = self, 0

    async def retrieve(self, _):
        self.calls += 1
        await anyio.sleep_forever()


async def test_an_event_is_claimed_again_if_its_worker_disappears(database):
    now, client = Now(), Blocked()
    inbox = Inbox(database, now)
    await inbox.add(events(1)[0])
    for seconds in (0, LEASE - 1, LEASE):
        now.seconds = 1_000 + seconds
        with anyio.move_on_after(0.2):
            await inbox.empty(client)
    assert 2 == client.calls


async def test_sqlite_does_not_block_the_event_loop(tmp_path):
    path = tmp_path / "web.db"
    database = await open_database(f"sqlite:///{path}")
    locked, released = threading.Event(), threading.Event()

    def hold():
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        locked.set()
        released.wait(50)
        other.execute("COMMIT")
        other.close()

    thread = threading.Thread(target=hold)
    thread.start()
    locked.wait(50)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(rows, database, "SELECT 1")
        # The event loop can release the lock only if it is not waiting for it.
        await anyio.lowlevel.checkpoint()
        released.set()
    thread.join()
    await database.aclose()


async def test_an_unknown_database_is_rejected():
    with pytest.raises(ValueError, match="DATABASE_URL must start with"):
        await open_database("mysql://x")
