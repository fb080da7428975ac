"""The web application on PostgreSQL; run by `make test-fleet`."""

import anyio
import pytest
from psycopg.conninfo import conninfo_to_dict

from examples.web.database import open_database
from financial_connections.sandbox import NewAccount
from tests.support import web
from tests.support.databases import postgres_server
from tests.support.web import link, overview, running, sign_up, until_handled


@pytest.fixture(scope="module")
def database_url():
    with postgres_server() as conninfo:
        parts = conninfo_to_dict(conninfo)
        yield (
            f"postgresql://{parts['user']}:{parts['password']}@{parts['host']}:"
            f"{parts['port']}/{parts.get('dbname', 'postgres')}"
        )


async def test_processes_that_start_together_migrate_once(database_url):
    databases = []

    async def start():
        databases.append(await open_database(database_url))

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(start)
    for database in databases:
        async with database.transaction() as transaction:
            counted = await transaction.execute("SELECT count(*) FROM migrations")
            assert [(3,)] == counted
        await database.aclose()


async def test_the_flow_is_the_same_as_with_sqlite(database_url, sandbox):
    settings = web.new_settings(database_url)
    async with running(settings, sandbox) as open_browser, open_browser() as browser:
        await sign_up(browser)
        account = NewAccount(transactions=120, balance=5)
        kept, gone = await link(browser, sandbox, [account, account])
        sandbox.advance(10)
        await until_handled(browser, sandbox)
        await browser.post(f"/api/accounts/{gone}/disconnect")
        await until_handled(browser, sandbox)
        [pending] = sandbox.add_transactions(kept, status="pending")
        await until_handled(browser, sandbox)
        state = await overview(browser)
    [shown] = state["accounts"]
    assert (kept, 5, "succeeded") == (shown["id"], shown["balance"], shown["refresh"])
    assert pending == state["transactions"][0]["id"]
    stored = sandbox._state.platform.transactions.values()
    spent = -sum(t.amount for t in stored if t.amount < 0 and t.account == kept)
    assert spent == sum(month["spent"] for month in state["months"])
