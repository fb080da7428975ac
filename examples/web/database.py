"""PostgreSQL or SQLite behind one interface, chosen by the URL.

Both understand the SQL of this application; only the placeholders differ. Neither
blocks the event loop: psycopg is asynchronous, and SQLite runs in a thread.
"""

import sqlite3
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import anyio
from anyio import to_thread

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

MIGRATIONS = Path(__file__).parent / "migrations"
Row = tuple[Any, ...]


class Transaction(Protocol):
    """A transaction of the database, which is committed at the end of its block."""

    async def execute(self, sql: str, *values: object) -> list[Row]:
        """Run a statement, and return its rows."""
        ...

    async def execute_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Run a statement once for each row of values."""
        ...


class Database(Protocol):
    lock_migrations: str
    """Statement that makes other processes wait until the transaction ends."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]: ...

    async def aclose(self) -> None: ...


class SQLite:
    """A connection to a file, used by one transaction at a time."""

    lock_migrations = "SELECT 1"  # BEGIN IMMEDIATE has locked the file

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(
            path, timeout=30, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._lock = anyio.Lock()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction, None]:
        async with self._lock:
            await self.execute("BEGIN IMMEDIATE")
            try:
                yield self
            except BaseException:
                with anyio.CancelScope(shield=True):
                    await self.execute("ROLLBACK")
                raise
            # Shielded, because a cancelled COMMIT would leave the transaction open.
            with anyio.CancelScope(shield=True):
                await self.execute("COMMIT")

    async def execute(self, sql: str, *values: object) -> list[Row]:
        return await to_thread.run_sync(
            lambda: self._connection.execute(sql, values).fetchall()
        )

    async def execute_many(self, sql: str, rows: Sequence[Row]) -> None:
        await to_thread.run_sync(lambda: self._connection.executemany(sql, rows))

    async def aclose(self) -> None:
        await to_thread.run_sync(self._connection.close)


class Postgres:
    """A pool of connections to PostgreSQL."""

    lock_migrations = "SELECT pg_advisory_xact_lock(20261127)"

    def __init__(self, pool: "AsyncConnectionPool") -> None:
        self._pool = pool

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction, None]:
        async with self._pool.connection() as connection, connection.transaction():
            yield PostgresTransaction(connection)

    async def aclose(self) -> None:
        await self._pool.close()


class PostgresTransaction:
    def __init__(self, connection: "AsyncConnection") -> None:
        self._connection = connection

    async def execute(self, sql: str, *values: object) -> list[Row]:
        cursor = await self._connection.execute(_query(sql), values)
        return await cursor.fetchall() if cursor.description else []

    async def execute_many(self, sql: str, rows: Sequence[Row]) -> None:
        async with self._connection.cursor() as cursor:
            await cursor.executemany(_query(sql), rows)


def _query(sql: str) -> bytes:
    return sql.replace("?", "%s").encode()


async def open_database(url: str) -> Database:
    """Open `postgresql://…` or `sqlite:///path`, and bring its tables up to date."""
    scheme, _, path = url.partition("://")
    if scheme == "sqlite":
        database: Database = await to_thread.run_sync(
            SQLite, path.removeprefix("/") or ":memory:"
        )
    elif scheme in {"postgres", "postgresql"}:
        from psycopg_pool import AsyncConnectionPool  # noqa: PLC0415 - SQLite needs none

        # Without an encoding, a database in SQL_ASCII returns bytes.
        encoding = {"client_encoding": "UTF8"}
        pool: AsyncConnectionPool = AsyncConnectionPool(
            url, open=False, kwargs=encoding
        )
        await pool.open(wait=True)
        database = Postgres(pool)
    else:
        raise ValueError("DATABASE_URL must start with postgresql:// or sqlite:///")
    try:
        await migrate(database)
    except BaseException:
        with anyio.CancelScope(shield=True):
            await database.aclose()
        raise
    return database


async def migrate(database: Database, folder: Path = MIGRATIONS) -> list[str]:
    """Run the migrations that have not run yet, and return their names.

    They run in the order of their numbers and in one transaction, so that a failure
    changes nothing.
    """
    files = await to_thread.run_sync(lambda: sorted(folder.glob("*.sql")))
    async with database.transaction() as transaction:
        await transaction.execute(database.lock_migrations)
        await transaction.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)"
        )
        rows = await transaction.execute("SELECT name FROM migrations")
        pending = [file for file in files if (file.stem,) not in rows]
        for file in pending:
            sql = await to_thread.run_sync(file.read_text)
            for statement in filter(str.strip, sql.split(";\n")):
                await transaction.execute(statement)
            await transaction.execute("INSERT INTO migrations VALUES (?)", file.stem)
    return [file.stem for file in pending]
