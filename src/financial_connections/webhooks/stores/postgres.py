"""An event store in PostgreSQL, for any number of machines."""

from __future__ import annotations

import math
import os
import re
import socket
import threading
import time
import weakref
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from financial_connections._redact import Secret
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
    from collections.abc import Callable, Generator, Mapping

    import psycopg

_PARAMETER = re.compile(r":(\w+)")
# The sum is less than the 10 s that an endpoint waits for a store, so no thread waits
# longer than that.
_CONNECT_SECONDS = 3
_STATEMENT_MILLISECONDS = 4_000
_CALL_SECONDS = 5.0
_DEFAULTS = {
    "connect_timeout": _CONNECT_SECONDS,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": _STATEMENT_MILLISECONDS,
}


class PostgresEventStore(SQLEventStore):
    """An event store in a PostgreSQL table, shared by any number of machines.

        store = PostgresEventStore("postgresql://user@db.internal/app")

    Needs the extra `financial-connections[postgres]`. Each store object opens one
    connection on first use and reconnects if it breaks. It works under asyncio and
    trio.

    Args:
        conninfo: Connection URL, or parameters such as `host=… dbname=…`.
        table: Name of the table, with or without a schema. The table is created if it
            does not exist. Endpoints with different handlers need different tables.
        retention: Seconds for which a handled event is remembered.
        clock: Returns the current time, in seconds since the epoch.

    Raises:
        ConfigurationError: psycopg is not installed, or an argument is invalid.
    """

    def __init__(
        self,
        conninfo: str,
        *,
        table: str = "stripe_events",
        retention: float = RETENTION,
        clock: Callable[[], float] = time.time,
    ) -> None:
        database = _Postgres(_connection_parameters(conninfo), table_name(table))
        super().__init__(database, retention, clock)


class _Postgres:
    """One connection, opened on first use.

    A statement is repeated once if the connection was lost.
    """

    def __init__(self, parameters: Secret, table: str) -> None:
        self._parameters = parameters
        self._table = table
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[Any] | None = None
        self._close: Callable[[], object] | None = None
        self._options = parameters.reveal().get("options") or os.environ.get(
            "PGOPTIONS", ""
        )
        self._deadline = math.inf

    def run(self, statement: str, values: Mapping[str, Any]) -> int:
        import psycopg  # noqa: PLC0415 - optional dependency

        query = _PARAMETER.sub(
            r"%(\1)s", statement_for(self._table, statement)
        ).encode()
        with hold(self._lock):
            self._deadline = time.monotonic() + _CALL_SECONDS
            try:
                return self._execute(query, values)
            except psycopg.OperationalError as error:
                self._disconnect()
                if isinstance(error, psycopg.errors.QueryCanceled):
                    raise
                self._require_time(error)
            try:
                return self._execute(query, values)
            except psycopg.OperationalError as error:
                self._disconnect()
                self._require_time(error)
                raise

    def close(self) -> None:
        with hold(self._lock):
            self._disconnect()

    def _execute(self, query: bytes, values: Mapping[str, Any]) -> int:
        if self._connection is None:
            self._connection = self._connect()
        with _shut_down_at(self._deadline, self._connection):
            return self._connection.execute(query, values).rowcount

    def _require_time(self, error: Exception) -> None:
        if time.monotonic() >= self._deadline:
            raise TimeoutError(
                f"PostgreSQL did not respond within {_CALL_SECONDS:g} s"
            ) from error

    def _connect(self) -> psycopg.Connection[Any]:
        connection = self._open()
        try:
            with _shut_down_at(self._deadline, connection):
                row = connection.execute(
                    "SELECT to_regclass(%s)", [self._table]
                ).fetchone()
                # Checked first, because CREATE TABLE IF NOT EXISTS needs the privilege
                # to create tables even if the table exists.
                if row == (None,):
                    self._create(connection)
        except BaseException:
            connection.close()
            raise
        self._close = weakref.finalize(self, connection.close)
        return connection

    def _open(self) -> psycopg.Connection[Any]:
        import psycopg  # noqa: PLC0415

        # Prepared statements do not work behind a pooler that uses a different
        # connection for each transaction.
        settings: dict[str, Any] = {"autocommit": True, "prepare_threshold": None}
        # A statement that the client has given up on must not take effect later, when
        # its claim no longer has an owner.
        options = (
            f"-c statement_timeout={_STATEMENT_MILLISECONDS} {self._options}".rstrip()
        )
        try:
            return psycopg.connect(
                **self._parameters.reveal() | {"options": options}, **settings
            )
        except psycopg.OperationalError as error:
            if "startup parameter" not in str(error):  # PgBouncer rejects options
                raise
        return psycopg.connect(**self._parameters.reveal(), **settings)

    def _create(self, connection: psycopg.Connection[Any]) -> None:
        with connection.transaction():
            # IF NOT EXISTS fails when two sessions create the table at the same time.
            connection.execute(
                "SELECT pg_advisory_xact_lock(hashtext(%s))", [self._table]
            )
            connection.execute(create_statement(self._table).encode())

    def _disconnect(self) -> None:
        if self._close is not None:
            self._close()
        self._connection = None


@contextmanager
def _shut_down_at(
    deadline: float, connection: psycopg.Connection[Any]
) -> Generator[None, None, None]:
    """Shut down the socket at the deadline if the block is still running.

    A server that hangs does not enforce its own limits.
    """
    # The descriptor is duplicated because libpq may close its own, whose number can
    # then be reused for another file.
    with socket.fromfd(
        connection.fileno(), socket.AF_INET, socket.SOCK_STREAM
    ) as duplicate:
        seconds = min(max(0.0, deadline - time.monotonic()), threading.TIMEOUT_MAX)
        timer = threading.Timer(seconds, _shut_down, [duplicate])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def _shut_down(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _connection_parameters(conninfo: str) -> Secret:
    if find_spec("psycopg") is None:
        raise ConfigurationError(
            "PostgresEventStore needs:"
            " pip install 'path/to/financial-connections[postgres]'"
        )
    parameters = _parse(conninfo)
    if parameters is None:
        raise ConfigurationError(
            "conninfo must be a PostgreSQL connection URL or connection string"
        )
    return Secret(_DEFAULTS | parameters)


def _parse(conninfo: str) -> dict[str, Any] | None:
    """Return the parameters in a connection string, or None if it is invalid.

    psycopg's error is not chained, because it quotes the string, which may contain a
    password.
    """
    import psycopg  # noqa: PLC0415
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    try:
        return dict(conninfo_to_dict(conninfo))
    except (psycopg.Error, TypeError, AttributeError):
        return None
