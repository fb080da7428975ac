"""Changes of transactions, for other systems."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from financial_connections._decoding import parse_json
from financial_connections.fleet import statements

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from financial_connections.fleet.database import Database

_LOCK = "SELECT pg_advisory_lock(hashtext('fc_consumer'), hashtext(%(consumer)s))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext('fc_consumer'), hashtext(%(consumer)s))"


@frozen
class Change:
    """A new state of a transaction.

    The changes of an account are in the order in which they were stored.
    """

    position: int
    """Number that identifies the change."""
    account: str
    """ID of the account (`fca_…`)."""
    tenant: str
    """Tenant that the account belongs to."""
    stripe_account: str | None
    """Connected account (`acct_…`) that the account belongs to."""
    transaction: str
    """ID of the transaction (`fctxn_…`)."""
    version: int
    """Number of the state, starting at 1 for each transaction."""
    data: dict[str, Any] = field(repr=False)
    """The transaction, with everything that the server sent."""
    committed_at: float
    """Time at which it was stored, in seconds since the epoch."""


@asynccontextmanager
async def read_changes(
    database: Database, consumer: str, limit: int
) -> AsyncGenerator[list[Change], None]:
    """Return an async context manager with the next changes for a consumer.

    Args:
        database: The database.
        consumer: Name of the consumer.
        limit: Maximum number of changes.
    """
    values: dict[str, Any] = {"consumer": consumer, "limit": limit}
    async with database.connection() as connection:
        # Not a transaction, which would delay the changes for all consumers.
        await connection.execute(_LOCK, values)
        try:
            await connection.execute(statements.ADD_CONSUMER, values)
            cursor = await connection.execute(statements.CHANGES, values)
            rows = await cursor.fetchall()
            yield [_change(row) for row in rows]
            if rows:
                values |= {"position": rows[-1][0], "xid": rows[-1][1]}
                await connection.execute(statements.ADVANCE, values)
        finally:
            # The server releases the lock of a connection that it has lost.
            if not connection.broken and not connection.closed:
                await connection.execute(_UNLOCK, values)


def _change(row: tuple[Any, ...]) -> Change:
    position, _, account, tenant, stripe_account, transaction, version, data, at = row
    parsed = parse_json(data.encode())
    return Change(
        position, account, tenant, stripe_account, transaction, version, parsed, at
    )
