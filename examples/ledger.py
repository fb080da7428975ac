"""A ledger in SQLite: transactions by ID, and a sync cursor for each account."""

import sqlite3
from contextlib import closing
from pathlib import Path

import anyio

from financial_connections import AsyncClient
from financial_connections.models import Transaction
from financial_connections.sync import Batch

SCHEMA = """
CREATE TABLE IF NOT EXISTS transactions (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    transacted_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS cursors (account TEXT PRIMARY KEY, cursor TEXT NOT NULL);
"""
UPSERT = """
INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    amount = excluded.amount,
    status = excluded.status,
    transacted_at = excluded.transacted_at
"""


class OvertakenError(Exception):
    """Another process has moved the cursor, so the batch may be stale."""


class Ledger:
    """Transactions and cursors in a SQLite file.

    Each method opens its own connection, so a ledger can be used from several threads
    and processes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with closing(self._open()) as database:
            database.executescript(f"PRAGMA journal_mode = WAL; {SCHEMA}")

    def cursor(self, account: str) -> str | None:
        """Return the cursor to sync from, or None before the first batch."""
        with closing(self._open()) as database:
            row = database.execute(
                "SELECT cursor FROM cursors WHERE account = ?", (account,)
            ).fetchone()
        return row[0] if row else None

    def store(self, batch: Batch) -> None:
        """Store a batch and its cursor in one transaction.

        Raises:
            OvertakenError: The batch does not continue from the stored cursor.
        """
        with closing(self._open()) as database, database:
            database.execute("BEGIN IMMEDIATE")
            database.executemany(
                UPSERT,
                [columns(batch.account, item) for item in batch.transactions],
            )
            if batch.previous is None:
                moved = database.execute(
                    "INSERT OR IGNORE INTO cursors VALUES (?, ?)",
                    (batch.account, batch.cursor),
                )
            else:
                moved = database.execute(
                    "UPDATE cursors SET cursor = ? WHERE account = ? AND cursor = ?",
                    (batch.cursor, batch.account, batch.previous),
                )
            if moved.rowcount != 1:
                # An exception that leaves the block rolls back the transaction.
                raise OvertakenError(batch.account)

    def totals(self) -> dict[str, tuple[int, int]]:
        """Return the number and total, in cents, of each account's transactions.

        Void transactions are excluded.
        """
        query = """
            SELECT account, count(*), sum(amount)
            FROM transactions WHERE status != 'void' GROUP BY account
        """
        with closing(self._open()) as database:
            return {
                account: (count, amount)
                for account, count, amount in database.execute(query)
            }

    def _open(self) -> sqlite3.Connection:
        # With isolation_level=None, sqlite3 does not start transactions implicitly.
        return sqlite3.connect(self.path, timeout=30, isolation_level=None)


def columns(account: str, transaction: Transaction) -> tuple[object, ...]:
    """Return the values to store for a transaction."""
    return (
        transaction.id,
        account,
        transaction.amount,
        transaction.currency,
        transaction.status,
        transaction.transacted_at,
    )


async def sync(client: AsyncClient, ledger: Ledger, account: str) -> None:
    """Store everything that has changed on an account since its last sync."""
    # SQLite would block the event loop.
    cursor = await anyio.to_thread.run_sync(ledger.cursor, account)
    async for batch in client.transactions.sync(account, cursor=cursor):
        await anyio.to_thread.run_sync(ledger.store, batch)
