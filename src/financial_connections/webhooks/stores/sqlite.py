"""An event store in a SQLite file, for processes on a single machine."""

from __future__ import annotations

import os
import threading
import time
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from financial_connections.errors import ConfigurationError
from financial_connections.webhooks.stores.protocol import RETENTION
from financial_connections.webhooks.stores.sql import (
    SQLEventStore,
    create_statement,
    statement_for,
    table_name,
)
from financial_connections.webhooks.stores.threads import hold

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

_BUSY_SECONDS = 4.0


class SQLiteEventStore(SQLEventStore):
    """An event store in a SQLite file, shared by processes on a single machine.

        store = SQLiteEventStore("events.sqlite")

    The file and the table are created on first use. The file must not be on a network
    file system.

    Args:
        path: Path of the file.
        table: Name of the table. Endpoints with different handlers need different
            tables.
        retention: Seconds for which a handled event is remembered.
        clock: Returns the current time, in seconds since the epoch.

    Raises:
        ConfigurationError: An argument is invalid.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        table: str = "stripe_events",
        retention: float = RETENTION,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not isinstance(path, str | os.PathLike) or not os.fspath(path):
            raise ConfigurationError("path must be the path of a file")
        super().__init__(_SQLite(os.fspath(path), table_name(table)), retention, clock)


class _SQLite:
    """One connection, opened on first use so that forked processes do not share it."""

    def __init__(self, path: str, table: str) -> None:
        self._path = path
        self._table = table
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def run(self, statement: str, values: Mapping[str, Any]) -> int:
        with hold(self._lock):
            if self._connection is None:
                self._connection = self._connect()
            cursor = self._connection.execute(
                statement_for(self._table, statement), values
            )
            return len(cursor.fetchall()) if cursor.description else cursor.rowcount

    def close(self) -> None:
        with hold(self._lock):
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _connect(self) -> sqlite3.Connection:
        import sqlite3  # noqa: PLC0415  # imported only when needed

        connection = sqlite3.connect(
            self._path,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            # Write-ahead logging is faster. Changing the mode fails while another
            # process has the file locked, which means that it is changing the mode too.
            with suppress(sqlite3.OperationalError):
                connection.execute("PRAGMA journal_mode = WAL").fetchall()
            connection.execute(create_statement(self._table))
        except BaseException:
            connection.close()
            raise
        weakref.finalize(self, connection.close)
        return connection
