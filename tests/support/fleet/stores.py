"""Stores in databases of their own, and a world to sync from."""

from contextlib import asynccontextmanager
from itertools import count

import anyio
import psycopg

from financial_connections import AsyncClient
from financial_connections._decoding import write_json
from financial_connections.fleet import PostgresStore
from financial_connections.sandbox import Sandbox, serve
from financial_connections.sync import Batch

_numbers = count()


def migrate(conninfo):
    """Create the tables of a fleet."""

    async def run():
        async with PostgresStore(conninfo) as store:
            await store.migrate()

    anyio.run(run)


def new_database(conninfo):
    """Create a database, and return its connection string."""
    name = f"fleet_{next(_numbers)}"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{conninfo} dbname={name}"


def new_schema(conninfo):
    """Create a schema, and return a connection string that uses only it.

    It takes a hundredth of the time of a database.
    """
    name = f"fleet_{next(_numbers)}"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return f"{conninfo} options=-csearch_path={name}"


@asynccontextmanager
async def open_store(conninfo, **settings):
    """Open a store whose tables exist."""
    async with PostgresStore(conninfo, **settings) as store:
        await store.migrate()
        yield store


@asynccontextmanager
async def served_sandbox(**settings):
    """Serve a sandbox, and open a client for it."""
    sandbox = Sandbox()
    async with (
        serve(sandbox) as server,
        AsyncClient(sandbox.api_key, base_url=server.url, **settings) as client,
    ):
        yield sandbox, client


def query(conninfo, statement, *values):
    """Run a statement, and return its rows."""
    with psycopg.connect(
        conninfo, autocommit=True, client_encoding="utf8"
    ) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else None


def lapse_lease(conninfo):
    """Make all leases lapse, as if their workers had died long ago."""
    query(
        conninfo,
        "UPDATE fc_account SET lease_until = now() WHERE lease_until IS NOT NULL",
    )


def end_wait(conninfo):
    """Make all accounts due that wait after an error or for their next sync."""
    query(conninfo, "UPDATE fc_account SET due_at = now() WHERE dead_at IS NULL")


def stored_states(conninfo):
    """Return the stored JSON text of each transaction."""
    rows = query(conninfo, "SELECT account, id, data::text FROM fc_transaction")
    return {(account, transaction): text for account, transaction, text in rows}


def outbox_states(conninfo):
    """Return the states in the outbox: account, transaction, version and JSON text."""
    return query(
        conninfo,
        "SELECT account, id, version, data::text FROM fc_change ORDER BY xid, position",
    )


async def read_everything(client, accounts):
    """Return the same as `stored_states`, from a single plain sync of each account."""
    return {
        (account, transaction.id): write_json(transaction.to_dict()).decode()
        for account in accounts
        async for batch in client.transactions.sync(account)
        for transaction in batch.transactions
    }


def make_batch(account, previous, cursor, *transactions):
    """Return a batch for a store."""
    return Batch(account, list(transactions), previous, cursor)
