"""Tables of pages, batches and pagers."""

import threading

import pyarrow as pa
import pytest

from financial_connections import AsyncClient, data
from financial_connections.models import Account, Transaction
from financial_connections.sandbox import Sandbox, serve
from financial_connections.sync import Batch


@pytest.fixture
def sandbox():
    return Sandbox()


@pytest.fixture
async def client(sandbox):
    async with (
        serve(sandbox) as server,
        AsyncClient(sandbox.api_key, base_url=server.url) as client,
    ):
        yield client


async def test_a_page_is_a_table_of_its_items(client, sandbox):
    page = await client.transactions.list(
        account=sandbox.add_account(transactions=12), limit=5
    )
    table = page.to_arrow()
    ids = [transaction.id for transaction in page.data]
    assert ids == table["id"].to_pylist()
    assert ids == [record["id"] for record in page.records()]
    assert table == pa.table(page)
    duckdb = pytest.importorskip("duckdb", reason="only .envs/dev has DuckDB")
    assert [(5,)] == duckdb.sql("SELECT count(*) FROM page").fetchall()


async def test_an_empty_page_has_the_same_columns(client, sandbox):
    empty = await client.transactions.list(account=sandbox.add_account())
    assert ([], data.schema(Transaction)) == (empty.data, empty.to_arrow().schema)
    assert [] == empty.records()


async def test_a_pager_returns_a_table_of_all_pages(client, sandbox):
    pager = client.transactions.list(account=sandbox.add_account(transactions=230))
    table = await pager.to_arrow(max_items=1_000)
    assert (230, data.schema(Transaction)) == (table.num_rows, table.schema)
    some = await pager.records(max_items=150)
    assert table["id"].to_pylist()[:150] == [record["id"] for record in some]


async def test_a_pager_converts_its_items_in_a_thread(client, sandbox, monkeypatch):
    threads = []

    def records(items, *, model):
        threads.append(threading.current_thread())
        return [(model, len(items))]

    monkeypatch.setattr(data, "records", records)
    pager = client.transactions.list(account=sandbox.add_account(transactions=130))
    assert [(Transaction, 130)] == await pager.records(max_items=1_000)
    assert threading.main_thread() not in threads


async def test_a_table_has_the_order_of_the_iteration(client, sandbox):
    account = sandbox.add_account(transactions=120)
    items = await client.transactions.list(account=account).collect(max_items=200)
    pager = client.transactions.list(account=account, ending_before=items[-1].id)
    records = await pager.records(max_items=200)
    assert [item.id for item in items[-2::-1]] == [record["id"] for record in records]


@pytest.mark.parametrize("limit", [0, 3])
async def test_a_table_of_no_items_has_all_columns(client, sandbox, limit):
    pager = client.transactions.list(account=sandbox.add_account())
    table = await pager.take(limit).to_arrow(max_items=5)
    assert (0, data.schema(Transaction)) == (table.num_rows, table.schema)


async def test_accounts_and_events_are_tables_too(client, sandbox):
    sandbox.add_account()
    expanded = client.accounts.list(expand=["ownership"])
    accounts = await expanded.to_arrow(max_items=5)
    assert (1, data.schema(Account)) == (accounts.num_rows, accounts.schema)
    events = await client.events.list().to_arrow(max_items=5)
    assert "type" in events.column_names


async def test_a_batch_is_a_table_of_its_transactions(client, sandbox):
    account = sandbox.add_account(transactions=120)
    tables = [batch.to_arrow() async for batch in client.transactions.sync(account)]
    assert 120 == pa.concat_tables(tables).num_rows


def test_a_batch_without_transactions_has_the_same_columns():
    batch = Batch("fca_1", [], None, "cursor")
    assert data.schema(Transaction) == batch.to_arrow().schema


def test_rows_do_not_show_their_items():
    batch = Batch("fca_1", [Transaction(id="fctxn_1")], None, "cursor")
    assert "fctxn_1" not in repr(batch._rows())
