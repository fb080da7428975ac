"""An event store in a table, independently of the database."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from anyio import to_thread

from financial_connections._settings import checked_seconds
from financial_connections.errors import ConfigurationError
from financial_connections.webhooks.stores.owners import Owners
from financial_connections.webhooks.stores.threads import Threads

# `owner` is the token of a claim; NULL means confirmed. A row counts until `until`,
# whichever it is.
_CREATE = """
CREATE TABLE IF NOT EXISTS {table} (id TEXT PRIMARY KEY, owner TEXT, until DOUBLE PRECISION NOT NULL)
"""
# The owner itself may repeat its claim: a driver that reconnects does not know whether
# the first attempt arrived.
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
# A limited number of rows, so that it ends in time. The outer condition keeps a row
# that is claimed at the same time.
_PRUNE = """
DELETE FROM {table} WHERE until <= :now AND id IN (SELECT id FROM {table} WHERE until <= :now LIMIT :rows)
"""
_PRUNE_ROWS = 1_000
_PRUNE_INTERVAL = 3_600.0

_TABLE = re.compile(r"[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?", re.ASCII)


class Database(Protocol):
    """A connection that runs one statement at a time, each in a transaction of its own,
    and reconnects.

    Both methods must end within a bounded time, because a process does not exit before
    its threads have ended.
    """

    def run(self, statement: str, values: Mapping[str, Any]) -> int:
        """Run a statement with `:name` parameters, and return the number of rows it
        wrote or found.
        """
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class SQLEventStore:
    """An event store in a table of a database whose driver blocks: it runs in worker
    threads.
    """

    def __init__(
        self, database: Database, retention: float, clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._retention = checked_seconds("retention", retention)
        self._clock = clock
        self._owners = Owners()
        self._threads = Threads()
        self._pruned_at = -_PRUNE_INTERVAL

    async def claim(self, event_id: str, until: float) -> bool:
        """Claim an event, unless it is confirmed or claimed. See `EventStore.claim`."""
        now = self._clock()
        if abs(now - self._pruned_at) >= _PRUNE_INTERVAL:
            self._pruned_at = now
            if await self._run(_PRUNE, now=now, rows=_PRUNE_ROWS) == _PRUNE_ROWS:
                self._pruned_at = -_PRUNE_INTERVAL
        token = self._owners.new()
        if not await self._run(_CLAIM, id=event_id, owner=token, until=until, now=now):
            return False
        self._owners.keep(event_id, token)
        return True

    async def confirm(self, event_id: str) -> None:
        """Record that an event was handled, unless another worker has claimed it since."""
        token, now = self._owners.take(event_id), self._clock()
        await self._run(
            _CONFIRM, id=event_id, owner=token, until=now + self._retention, now=now
        )

    async def release(self, event_id: str) -> None:
        """Give up the caller's claim. See `EventStore.release`."""
        await self._run(_RELEASE, id=event_id, owner=self._owners.take(event_id))

    async def is_confirmed(self, event_id: str) -> bool:
        """Return True if the event was handled within the retention."""
        return bool(await self._run(_IS_CONFIRMED, id=event_id, now=self._clock()))

    async def aclose(self) -> None:
        """Close the connection to the database. The store opens a new one if it is used
        again.
        """
        await to_thread.run_sync(self._database.close)

    async def _run(self, statement: str, **values: Any) -> int:
        return await self._threads.run(self._database.run, statement, values)


def statement_for(table: str, statement: str) -> str:
    """Return `statement` for a table whose name was checked by `table_name`."""
    return statement.replace("{table}", table)


def create_statement(table: str) -> str:
    """Return the statement that creates the table."""
    return statement_for(table, _CREATE)


def table_name(value: Any) -> str:
    """Return `value`, the name of a table. It becomes part of statements, so it must be
    a plain identifier.
    """
    if not isinstance(value, str) or not _TABLE.fullmatch(value):
        raise ConfigurationError(
            "table must be an SQL identifier, optionally after a schema and a dot"
        )
    return value
