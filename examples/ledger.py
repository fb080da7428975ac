"""A ledger in SQLite: transactions by id, and for each account the cursor up to which
it is complete.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from financial_connections import AsyncClient
from financial_connections.models import Transaction
from financial_connections.sync import Batch

SCHEMA = """
CREATE TABLE IF NOT EXISTS transactions (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, amount INTEGER, currency TEXT, status TEXT, transacted_at INTEGER
);
CREATE TABLE IF NOT EXISTS cursors (account TEXT PRIMARY KEY, cursor TEXT NOT NULL);
"""
UPSERT = """
INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    amount = excluded.amount, status = excluded.status, transacted_at = excluded.transacted_at
"""


class OvertakenError(Exception):
    """Somebody else has moved the cursor: what was read may be older than what is
    stored.
    """


class Ledger:
    """Every method is short, and opens the database anew, so that it can be called from
    any thread or process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with closing(self._open()) as database:
            database.executescript(f"PRAGMA journal_mode = WAL; {SCHEMA}")

    def cursor(self, account: str) -> str | None:
        """Return the cursor to sync from; None before the first batch."""
        with closing(self._open()) as database:
            row = database.execute(
                "SELECT cursor FROM cursors WHERE account = ?", (account,)
            ).fetchone()
        return row[0] if row else None

    def store(self, batch: Batch) -> None:
        """Store a batch and its cursor, both or neither, if the cursor that it follows
        is the one stored.
        """
        with closing(self._open()) as database, database:
            database.execute("BEGIN IMMEDIATE")
            database.executemany(
                UPSERT,
                [row(batch.account, transaction) for transaction in batch.transactions],
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
                raise OvertakenError(
                    batch.account
                )  # leaves the block, which rolls back

    def totals(self) -> dict[str, tuple[int, int]]:
        """Return how many transactions each account has, and what they amount to in
        cents; void ones left out.
        """
        query = "SELECT account, count(*), sum(amount) FROM transactions WHERE status != 'void' GROUP BY account"
        with closing(self._open()) as database:
            return {
                account: (count, amount)
                for account, count, amount in database.execute(query)
            }

    def _open(self) -> sqlite3.Connection:
        # Transactions begin and end where this file says so.
        return sqlite3.connect(self.path, timeout=30, isolation_level=None)


def row(account: str, transaction: Transaction) -> tuple[object, ...]:
    """Return the columns of a transaction."""
    status = str(transaction.status) if transaction.status else None
    return (
        transaction.id,
        account,
        transaction.amount,
        transaction.currency,
        status,
        transaction.transacted_at,
    )


async def sync(client: AsyncClient, ledger: Ledger, account: str) -> None:
    """Bring the ledger up to date with one account."""
    async for batch in client.transactions.sync(account, cursor=ledger.cursor(account)):
        ledger.store(batch)
