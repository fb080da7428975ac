"""Tests of the examples that export transactions, with a real PostgreSQL server."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import dlt
import duckdb
import pytest

from examples import dlt_source, outbox, parquet_by_day
from examples.dlt_source import financial_connections
from financial_connections.models import Transaction
from financial_connections.sandbox import Sandbox, serve
from tests.support.databases import postgres_server
from tests.support.fleet.stores import make_batch, new_database, open_store, query

ROOT = Path(__file__).parents[1]
FIRST_DAY, SECOND_DAY = "2026-11-26", "2026-11-27"


@pytest.fixture
def anyio_backend():
    """The drivers of a fleet support only asyncio."""
    return "asyncio"


@pytest.fixture(scope="module")
def postgres():
    with postgres_server() as conninfo:
        yield conninfo


@pytest.fixture
def database(postgres):
    return new_database(postgres)


async def commit(store, number, *transactions):
    """Store a batch of one account."""
    await store.want("fca_1")
    lease = await store.claim("fca_1")
    previous = None if number == 1 else f"c{number - 1}"
    items = [Transaction.from_dict(transaction) for transaction in transactions]
    assert await store.commit(
        lease, make_batch("fca_1", previous, f"c{number}", *items)
    )
    await store.finish(lease)


def state(transaction, status="pending", **others):
    values = {"amount": -1_999, "currency": "usd", "transacted_at": 1_700_000_000}
    return {"id": transaction, "status": status, **values, **others}


def stored(conninfo):
    """Return the latest states in the database."""
    rows = query(conninfo, "SELECT id, version, data FROM fc_transaction ORDER BY id")
    return [tuple(row) for row in rows]


class Mirror(outbox.Mirror):
    def rows(self):
        with closing(sqlite3.connect(self._path)) as connection:
            rows = connection.execute(
                "SELECT id, version, data FROM transactions ORDER BY id"
            )
            return [(name, version, json.loads(data)) for name, version, data in rows]


class CrashingMirror(Mirror):
    """Stores the changes, and then fails."""

    def apply(self, changes):
        super().apply(changes)
        raise RuntimeError("crash")


async def test_a_mirror_has_the_latest_states_even_after_a_crash(database, tmp_path):
    async with open_store(database) as store:
        await commit(store, 1, state("a", new_field={"x": [1]}), state("b"), state("c"))
        await commit(store, 2, state("a", "posted"), state("d", amount=None))
        with pytest.raises(RuntimeError, match="crash"):
            await outbox.copy(store, CrashingMirror(tmp_path / "m.db"), limit=2)
        mirror = Mirror(tmp_path / "m.db")
        assert 5 == await outbox.copy(store, mirror, limit=2)
        assert stored(database) == mirror.rows()
        assert 0 == await outbox.copy(store, mirror)
        await commit(store, 3, state("b", "void"))
        assert 1 == await outbox.copy(store, mirror)
        assert stored(database) == mirror.rows()


async def test_a_mirror_ignores_states_that_arrive_again_late(database, tmp_path):
    mirror = Mirror(tmp_path / "m.db")
    async with open_store(database) as store:
        await commit(store, 1, state("a"))
        async with store.changes("other") as old:
            pass
        await commit(store, 2, state("a", "posted"))
        await outbox.copy(store, mirror)
        mirror.apply(old)
    assert stored(database) == mirror.rows()


def move_to(conninfo, day, *ids):
    """Change the day on which states were stored."""
    query(
        conninfo,
        "UPDATE fc_change SET committed_at = %s WHERE id = ANY (%s)",
        datetime.fromisoformat(f"{day}T12:00:00+00:00"),
        list(ids),
    )


def read(folder, select):
    return duckdb.sql(
        f"SELECT {select} FROM read_parquet('{folder}/*/*.parquet') ORDER BY ALL"
    ).fetchall()


def latest(folder):
    rows = duckdb.sql(
        f"SELECT id, version, data FROM read_parquet('{folder}/*/*.parquet')"
        " QUALIFY row_number() OVER"
        " (PARTITION BY account, id ORDER BY version DESC) = 1 ORDER BY id"
    ).fetchall()
    return [(name, version, json.loads(data)) for name, version, data in rows]


async def test_parquet_files_are_in_a_folder_of_their_day(database, tmp_path):
    async with open_store(database) as store:
        await commit(store, 1, state("a", new_field=1), state("b"))
        move_to(database, FIRST_DAY, "a", "b")
        await commit(store, 2, state("c", amount=2**70), state("d", amount="1.5"))
        move_to(database, SECOND_DAY, "c", "d")
        assert 4 == await parquet_by_day.export(store, tmp_path)
    # DuckDB derives the date from the name of the folder.
    days = [(name, str(day)) for name, day in read(tmp_path, "id, date")]
    assert [
        ("a", FIRST_DAY),
        ("b", FIRST_DAY),
        ("c", SECOND_DAY),
        ("d", SECOND_DAY),
    ] == days
    amounts = read(tmp_path, "id, amount, currency, typeof(amount)")
    assert [
        ("a", -1_999, "usd", "BIGINT"),
        ("b", -1_999, "usd", "BIGINT"),
        ("c", None, "usd", "BIGINT"),
        ("d", None, "usd", "BIGINT"),
    ] == amounts
    assert 2**70 == latest(tmp_path)[2][2]["amount"]
    noon = datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert [(noon,)] == read(tmp_path, "min(committed_at)")


@pytest.mark.parametrize("files", [0, 1, 2])
async def test_a_crash_doubles_no_row_in_parquet_files(
    database, tmp_path, monkeypatch, files
):
    """It happens after a number of files, in the middle of the next one."""
    async with open_store(database) as store:
        await commit(store, 1, state("a"), state("b"))
        move_to(database, FIRST_DAY, "a", "b")
        await commit(store, 2, state("c"))
        move_to(database, SECOND_DAY, "c")

        def crash(path, *args):
            if len(list(tmp_path.glob("*/*.parquet"))) == files:
                path.with_suffix(".unfinished").write_bytes(b"PAR1")
                raise RuntimeError("crash")
            replace(path, *args)
            if len(list(tmp_path.glob("*/*.parquet"))) == files == 2:
                raise RuntimeError("crash")

        replace = parquet_by_day.replace
        monkeypatch.setattr(parquet_by_day, "replace", crash)
        with pytest.raises(RuntimeError, match="crash"):
            await parquet_by_day.export(store, tmp_path)
        monkeypatch.undo()
        await commit(store, 3, state("a", "posted"), state("d"))
        assert 5 == await parquet_by_day.export(store, tmp_path)
        assert [(5, 5)] == read(tmp_path, "count(*), count(DISTINCT position)")
        assert stored(database) == latest(tmp_path)


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_files_fit_together_if_the_next_run_has_another_limit(
    database, tmp_path, limit
):
    async with open_store(database) as store:
        await commit(store, 1, *[state(name) for name in "abcdefg"])
        move_to(database, FIRST_DAY, *"abeg")
        move_to(database, SECOND_DAY, *"cdf")
        async with store.changes("other") as changes:
            parquet_by_day.write(changes[:6], tmp_path)
        assert 7 == await parquet_by_day.export(store, tmp_path, limit=limit)
    assert [(7, 7)] == read(tmp_path, "count(*), count(DISTINCT position)")


class Warehouse:
    """A DuckDB file that dlt loads into."""

    def __init__(self, folder):
        self._folder = folder
        self.working_folder = folder / "pipelines"

    def pipeline(self):
        return dlt.pipeline(
            "transactions",
            destination=dlt.destinations.duckdb(str(self._folder / "warehouse.duckdb")),
            dataset_name="stripe",
            pipelines_dir=str(self.working_folder),
        )

    def run(self, **settings):
        self.pipeline().run(financial_connections(**settings))

    def rows(self, select, table="transactions"):
        with duckdb.connect(str(self._folder / "warehouse.duckdb")) as connection:
            return connection.sql(
                f"SELECT {select} FROM stripe.{table} ORDER BY ALL"
            ).fetchall()


@pytest.fixture
def warehouse(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    monkeypatch.setenv("RUNTIME__LOG_LEVEL", "CRITICAL")
    return Warehouse(tmp_path)


@pytest.fixture
def sandbox(monkeypatch):
    sandbox = Sandbox()
    monkeypatch.setenv("STRIPE_API_KEY", sandbox.api_key)
    with serve(sandbox) as server:
        monkeypatch.setenv("STRIPE_BASE_URL", server.url)
        yield sandbox


def expected(sandbox):
    """Return the states in the sandbox."""
    transactions = sandbox._state.platform.transactions.values()
    return sorted((t.id, t.account, t.amount, t.status) for t in transactions)


ROWS = "id, account, amount, status"


def test_the_dlt_program_loads_transactions(warehouse, sandbox, tmp_path):
    sandbox.add_account(transactions=3)
    environment = {
        "DESTINATION__DUCKDB__CREDENTIALS": str(tmp_path / "warehouse.duckdb"),
        "DLT_DATA_DIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "examples.dlt_source"]
    subprocess.run(command, check=True, cwd=ROOT, env=os.environ | environment)
    assert expected(sandbox) == warehouse.rows(ROWS)


def test_dlt_loads_each_transaction_once(warehouse, sandbox):
    accounts = [sandbox.add_account(transactions=number) for number in (250, 3)]
    for _ in range(2):
        sandbox.reset_traffic()
        warehouse.run()
        assert expected(sandbox) == warehouse.rows(ROWS)
    # Two lists of accounts: nothing is read again.
    assert 2 == sandbox.traffic.total.admitted
    changed = sandbox.add_transactions(accounts[0], 2, status="pending")
    warehouse.run()
    sandbox.post(changed[0])
    sandbox.void(changed[1])
    warehouse.run()
    assert expected(sandbox) == warehouse.rows(ROWS)
    assert [("BIGINT",)] == warehouse.rows("DISTINCT typeof(amount)")
    assert sorted((name,) for name in accounts) == warehouse.rows("id", "accounts")


@pytest.mark.filterwarnings("ignore:The 'warn' method:DeprecationWarning")
@pytest.mark.parametrize("step", ["extract", "normalize"])
@pytest.mark.parametrize("is_disk_lost", [False, True])
def test_a_crash_before_the_load_loses_and_doubles_nothing(
    warehouse, sandbox, step, is_disk_lost
):
    account = sandbox.add_account(transactions=120)
    warehouse.run()
    sandbox.add_transactions(account, 5)
    crashed = warehouse.pipeline()
    crashed.extract(financial_connections())
    if step == "normalize":
        crashed.normalize()
    if is_disk_lost:
        shutil.rmtree(warehouse.working_folder)
    sandbox.add_transactions(account, 2)
    warehouse.run()
    if not is_disk_lost:
        # That run has only loaded what had been extracted.
        assert [(125,)] == warehouse.rows("count(*)")
        warehouse.run()
    assert expected(sandbox) == warehouse.rows(ROWS)


def test_a_long_first_load_continues_where_it_stopped(warehouse, sandbox):
    for _ in range(2):
        sandbox.add_account(transactions=350)
    counts = []
    for _ in range(6):
        warehouse.run(max_batches=2)
        counts += warehouse.rows("count(*)")[0]
    assert 200 == counts[0]
    assert counts == sorted(counts)
    assert expected(sandbox) == warehouse.rows(ROWS)


def test_the_last_state_in_a_load_counts(warehouse, sandbox, monkeypatch):
    """Fields that the SDK does not know are loaded, too."""
    account = sandbox.add_account()
    states = [
        state("fctxn_1", status, account=account, new_field=number, ibans={"x": 1})
        for number, status in enumerate(("pending", "posted", "void"))
    ]
    batch = make_batch(account, None, "c1", *map(Transaction.from_dict, states))

    async def read_rows(*_):
        yield dlt_source.rows_of(batch, {})

    monkeypatch.setattr(dlt_source, "read_rows", read_rows)
    source = financial_connections().with_resources("transactions")
    warehouse.pipeline().run(source)
    assert [("void", 2, 1)] == warehouse.rows("status, new_field, ibans__x")
