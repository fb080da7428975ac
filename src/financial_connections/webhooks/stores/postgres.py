"""An event store in PostgreSQL, for any number of machines."""

from __future__ import annotations

import re
import threading
import time
import weakref
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from financial_connections._settings import Secret
from financial_connections.errors import ConfigurationError
from financial_connections.webhooks.stores.protocol import RETENTION
from financial_connections.webhooks.stores.sql import SQLEventStore, create_statement, statement_for, table_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import psycopg

_PARAMETER = re.compile(r":(\w+)")
_CONNECT_SECONDS = 5


class PostgresEventStore(SQLEventStore):
    """
    An event store in a table of a PostgreSQL database, shared by any number of machines.

        store = PostgresEventStore("postgresql://user@db.internal/app")

    Needs the extra `financial-connections[postgres]`. Each store object opens one connection on first use and
    reconnects if it breaks. It works under asyncio and trio.

    Args:
        conninfo: Connection URL, or parameters such as `host=… dbname=…`.
        table: Name of the table, optionally with a schema. It is created if it does not exist. Endpoints with
            different handlers need different tables.
        retention: Seconds for which a handled event is remembered.
        clock: Returns the time in seconds since the epoch.

    Raises:
        ConfigurationError: psycopg is not installed, or an argument is not valid.

    """

    def __init__(
        self,
        conninfo: str,
        *,
        table: str = "stripe_events",
        retention: float = RETENTION,
        clock: Callable[[], float] = time.time,
    ) -> None:
        given = Secret(conninfo)
        del conninfo  # it may hold a password, which no traceback of this frame should show
        database = _Postgres(_parameters(given), table_name(table))
        super().__init__(database, retention, clock)


class _Postgres:
    """One connection, opened on first use; a statement is repeated once if the connection broke."""

    def __init__(self, parameters: Secret, table: str) -> None:
        self._parameters = parameters
        self._table = table
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[Any] | None = None

    def run(self, statement: str, values: Mapping[str, Any]) -> int:
        import psycopg  # noqa: PLC0415  # an extra

        query = _PARAMETER.sub(r"%(\1)s", statement_for(self._table, statement)).encode()
        with self._lock:
            try:
                return self._execute(query, values)
            except psycopg.OperationalError:
                self._disconnect()
            return self._execute(query, values)

    def close(self) -> None:
        with self._lock:
            self._disconnect()

    def _execute(self, query: bytes, values: Mapping[str, Any]) -> int:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection.execute(query, values).rowcount

    def _connect(self) -> psycopg.Connection[Any]:
        import psycopg  # noqa: PLC0415

        # Without prepared statements it also works behind a pooler that gives each transaction another connection.
        connection = psycopg.connect(**self._parameters.reveal(), autocommit=True, prepare_threshold=None)
        weakref.finalize(self, connection.close)
        found = connection.execute("SELECT to_regclass(%s)", [self._table]).fetchone()
        # Asked first, because CREATE TABLE IF NOT EXISTS needs the right to create tables even if it exists.
        if found == (None,):
            self._create(connection)
        return connection

    def _create(self, connection: psycopg.Connection[Any]) -> None:
        with connection.transaction():
            # IF NOT EXISTS fails when two sessions create the table at the same time.
            connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [self._table])
            connection.execute(create_statement(self._table).encode())

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _parameters(conninfo: Secret) -> Secret:
    if find_spec("psycopg") is None:
        raise ConfigurationError("PostgresEventStore needs: pip install 'financial-connections[postgres]'")
    parameters = _parsed(conninfo)
    if parameters is None:
        raise ConfigurationError("conninfo must be a PostgreSQL connection URL or connection string")
    return Secret({"connect_timeout": _CONNECT_SECONDS} | parameters)


def _parsed(conninfo: Secret) -> dict[str, Any] | None:
    # Returns, not raises: what psycopg says quotes the string, in which there may be a password.
    import psycopg  # noqa: PLC0415
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    try:
        return dict(conninfo_to_dict(conninfo.reveal()))
    except (psycopg.Error, TypeError, AttributeError):
        return None
