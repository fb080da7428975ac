"""Connections to PostgreSQL, and the statements that run on them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Self

from financial_connections._redact import Secret
from financial_connections.errors import ConfigurationError
from financial_connections.fleet.cancellation import complete
from financial_connections.fleet.schema import migrate, require_current

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from psycopg import AsyncConnection, AsyncCursor
    from psycopg_pool import AsyncConnectionPool


class Database:
    """A pool of connections to a database with the tables of a fleet.

    Args:
        conninfo: Connection URL or connection string.
        connections: Maximum number of connections.
        wait_seconds: Seconds to wait for a connection.
    """

    def __init__(
        self, conninfo: str, connections: int, *, wait_seconds: float = 30.0
    ) -> None:
        self._conninfo = _checked(conninfo)
        self._size = connections
        self._wait_seconds = wait_seconds
        self._opened: AsyncConnectionPool[AsyncConnection[Any]] | None = None
        self._is_checked = False

    async def __aenter__(self) -> Self:
        from psycopg_pool import AsyncConnectionPool  # noqa: PLC0415 - in the extra

        pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
            self._conninfo.reveal(),
            min_size=1,
            max_size=self._size,
            open=False,
            timeout=self._wait_seconds,
            name="financial_connections",
            kwargs={
                "autocommit": True,
                # Prepared statements do not work behind a pooler that uses a different
                # connection for each transaction.
                "prepare_threshold": None,
                "client_encoding": "utf8",
            },
        )
        await pool.open()
        self._opened = pool
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._opened is not None:
            await self._opened.close()
        self._opened = None

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[AsyncConnection[Any], None]:
        """Return an async context manager with a connection in autocommit mode.

        Raises:
            ConfigurationError: The tables do not exist, or have another version.
        """
        async with self._pool.connection() as connection:
            if not self._is_checked:
                await require_current(connection)
                self._is_checked = True
            yield connection

    async def execute(
        self, statement: str, values: Mapping[str, Any]
    ) -> AsyncCursor[Any]:
        """Run a statement, and return its cursor.

        Args:
            statement: The statement.
            values: Values of its parameters.
        """

        async def run() -> AsyncCursor[Any]:
            async with self.connection() as connection:
                return await connection.execute(statement.encode(), values)

        return await complete(run())

    async def fetch(
        self, statement: str, values: Mapping[str, Any]
    ) -> tuple[Any, ...] | None:
        """Run a statement, and return the first row, if there is one.

        Args:
            statement: The statement.
            values: Values of its parameters.
        """
        return await (await self.execute(statement, values)).fetchone()

    async def migrate(self) -> int:
        """Create or change the tables, and return the number of migrations."""
        async with self._pool.connection() as connection:
            return await migrate(connection)

    @property
    def _pool(self) -> AsyncConnectionPool[AsyncConnection[Any]]:
        if self._opened is None:
            raise RuntimeError("the store is not open: use it with `async with`")
        return self._opened


def _checked(conninfo: str) -> Secret:
    if find_spec("psycopg") is None or find_spec("psycopg_pool") is None:
        raise ConfigurationError(
            "PostgresStore needs: pip install 'path/to/financial-connections[fleet]'"
        )
    import psycopg  # noqa: PLC0415
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    is_valid = True
    try:
        conninfo_to_dict(conninfo)
    except (psycopg.Error, TypeError, AttributeError):
        is_valid = False
    if not is_valid:
        # Not chained, because psycopg's error quotes the string with its password.
        raise ConfigurationError(
            "conninfo must be a PostgreSQL connection URL or connection string"
        )
    return Secret(conninfo)
