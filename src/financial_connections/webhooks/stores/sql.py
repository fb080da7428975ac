"""An event store in an SQL table, for any database."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from anyio import to_thread

from financial_connections._checks import positive_seconds
from financial_connections.errors import ConfigurationError
from financial_connections.webhooks.stores.threads import WorkerThreads
from financial_connections.webhooks.stores.tokens import ClaimTokens

# `owner` is the token of a claim, or NULL if the event is confirmed. Both a claim and a
# confirmation expire at `until`.
_CREATE = """
CREATE TABLE IF NOT EXISTS {table}
    (id TEXT PRIMARY KEY, owner TEXT, until DOUBLE PRECISION NOT NULL)
"""
# The owner may repeat its claim, because after a reconnect the driver does not know
# whether the first attempt reached the server.
_CLAIM = """
INSERT INTO {table} AS held (id, owner, until) VALUES (:id, :owner, :until)
ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, until = excluded.until
WHERE held.until <= :now OR held.owner = :owner
"""
_CONFIRM = """
INSERT INTO {table} AS held (id, owner, until) VALUES (:id, NULL, :until)
ON CONFLICT (id) DO UPDATE SET owner = NULL, until = excluded.until
WHERE held.until <= :now OR held.owner = :owner
"""
_RELEASE = "DELETE FROM {table} WHERE id = :id AND owner = :owner"
_IS_CONFIRMED = (
    "SELECT 1 FROM {table} WHERE id = :id AND owner IS NULL AND until > :now"
)
# The number of rows is limited so that the statement finishes in time. The outer
# condition spares a row that is being claimed concurrently.
_PRUNE = """
DELETE FROM {table}
WHERE until <= :now AND id IN (SELECT id FROM {table} WHERE until <= :now LIMIT :rows)
"""
_PRUNE_ROWS = 1_000
_PRUNE_INTERVAL = 3_600.0

_TABLE_NAME = re.compile(r"[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?", re.ASCII)


class Database(Protocol):
    """A reconnecting connection that runs each statement in its own transaction.

    Both methods must return within a bounded time, because a process does not exit
    until its threads have finished.
    """

    def run(self, statement: str, values: Mapping[str, Any]) -> int:
        """Run a statement.

        Args:
            statement: SQL with `:name` parameters and `{table}` for the table.
            values: Values of the parameters.

        Returns:
            The number of rows that the statement wrote or returned.
        """
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class SQLEventStore:
    """An event store in an SQL table, using a blocking driver in worker threads.

    Args:
        database: Connection to the database.
        retention: Seconds for which a handled event is remembered.
        clock: Returns the current time, in seconds since the epoch.

    Raises:
        ConfigurationError: `retention` is not a positive number of seconds.
    """

    def __init__(
        self, database: Database, retention: float, clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._retention = positive_seconds("retention", retention)
        self._clock = clock
        self._tokens = ClaimTokens()
        self._threads = WorkerThreads()
        self._pruned_at = -_PRUNE_INTERVAL

    async def claim(self, event_id: str, until: float) -> bool:
        """Claim an event: see `EventStore.claim`.

        Args:
            event_id: ID of the event (`evt_…`).
            until: Time at which the claim expires, in seconds since the epoch.

        Returns:
            False if the event is confirmed or claimed by another worker.
        """
        now = self._clock()
        if abs(now - self._pruned_at) >= _PRUNE_INTERVAL:
            self._pruned_at = now
            if await self._run(_PRUNE, now=now, rows=_PRUNE_ROWS) == _PRUNE_ROWS:
                self._pruned_at = -_PRUNE_INTERVAL
        token = self._tokens.new()
        if not await self._run(_CLAIM, id=event_id, owner=token, until=until, now=now):
            return False
        self._tokens.keep(event_id, token)
        return True

    async def confirm(self, event_id: str) -> None:
        """Record that an event was handled, unless another worker has claimed it since.

        Args:
            event_id: ID of the event (`evt_…`).
        """
        token, now = self._tokens.pop(event_id), self._clock()
        await self._run(
            _CONFIRM, id=event_id, owner=token, until=now + self._retention, now=now
        )

    async def release(self, event_id: str) -> None:
        """Give up the caller's claim: see `EventStore.release`.

        Args:
            event_id: ID of the event (`evt_…`).
        """
        await self._run(_RELEASE, id=event_id, owner=self._tokens.pop(event_id))

    async def is_confirmed(self, event_id: str) -> bool:
        """Return True if the event was handled within the retention period.

        Args:
            event_id: ID of the event (`evt_…`).
        """
        return bool(await self._run(_IS_CONFIRMED, id=event_id, now=self._clock()))

    async def aclose(self) -> None:
        """Close the connection to the database.

        The store opens a new one if it is used again.
        """
        await to_thread.run_sync(self._database.close)

    async def _run(self, statement: str, **values: Any) -> int:
        return await self._threads.run(self._database.run, statement, values)


def statement_for(table: str, statement: str) -> str:
    """Return a statement with `{table}` replaced by the name of the table.

    Args:
        table: Name of the table, validated by `table_name`.
        statement: SQL with `{table}` for the table.
    """
    return statement.replace("{table}", table)


def create_statement(table: str) -> str:
    """Return the statement that creates the table."""
    return statement_for(table, _CREATE)


def table_name(value: Any) -> str:
    """Return the name of a table if it is safe to insert into SQL statements.

    Args:
        value: The name.

    Raises:
        ConfigurationError: The name is not a plain identifier.
    """
    if not isinstance(value, str) or not _TABLE_NAME.fullmatch(value):
        raise ConfigurationError(
            "table must be an SQL identifier, with or without a schema"
        )
    return value
