"""Copy the changes of a fleet's transactions to another system, here SQLite.

    pip install 'path/to/financial-connections[fleet]'
    DATABASE_URL=… python -m examples.outbox mirror.db

A change may arrive again after a crash, so the receiving system must be idempotent: it
stores a state only if its version is higher than the stored one.
"""

import asyncio
import json
import os
import sqlite3
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from financial_connections.fleet import Change, PostgresStore

POLL_SECONDS = 5.0
SCHEMA = """
CREATE TABLE IF NOT EXISTS transactions (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (account, id)
)
"""
UPSERT = """
INSERT INTO transactions VALUES (?, ?, ?, ?)
ON CONFLICT (account, id) DO UPDATE SET
    version = excluded.version, data = excluded.data
WHERE excluded.version > transactions.version
"""


class Mirror:
    """The latest state of each transaction, in a SQLite file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(sqlite3.connect(path)) as database:
            database.execute(SCHEMA)

    def apply(self, changes: Iterable[Change]) -> None:
        """Store changes in one database transaction."""
        with closing(sqlite3.connect(self._path)) as database, database:
            database.executemany(UPSERT, map(row_of, changes))


def row_of(change: Change) -> tuple[str, str, int, str]:
    # A number that is too precise for a float is a `Decimal`.
    data = json.dumps(change.data, default=str)
    return change.account, change.transaction, change.version, data


async def copy(store: PostgresStore, mirror: Mirror, *, limit: int = 1_000) -> int:
    """Apply all changes that have not been applied yet, and return their number."""
    total = 0
    while True:
        async with store.changes("mirror", limit=limit) as changes:
            # The position advances at the end of the block, once these are stored.
            await asyncio.to_thread(mirror.apply, changes)
        if not changes:
            return total
        total += len(changes)


async def main() -> None:
    mirror = Mirror(Path(sys.argv[1]))
    async with PostgresStore(os.environ["DATABASE_URL"]) as store:
        while True:
            print(await copy(store, mirror), "changes")
            await asyncio.sleep(POLL_SECONDS)


if __name__ == "__main__":
    asyncio.run(main())
