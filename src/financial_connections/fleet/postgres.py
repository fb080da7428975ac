"""A store in PostgreSQL."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Self

from financial_connections._checks import positive_number, positive_seconds
from financial_connections.fleet import statements
from financial_connections.fleet.database import Database
from financial_connections.fleet.feeding import Feeder
from financial_connections.fleet.outbox import Change, read_changes
from financial_connections.fleet.rows import columns_of, values_of_want
from financial_connections.fleet.store import DeadAccount, Lease, Progress, SyncStore

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractAsyncContextManager

    from psycopg import AsyncConnection

    from financial_connections.fleet.store import Unavailable, Verdict
    from financial_connections.models import Account
    from financial_connections.sync import Batch

_MAX_SLICES = 50
"""Number of slices in a row after which an account goes to the end of its tenant."""
_LOST_WORKER = "the worker has ended {} times while it synced this account"


class PostgresStore(SyncStore):
    """A `SyncStore` in a PostgreSQL database, for any number of machines.

        async with PostgresStore("postgresql://user@db.internal/app") as store:
            await store.migrate()
            await store.want("fca_123")

    Needs the extra `financial-connections[fleet]` and asyncio. Its tables begin with
    `fc_` and are in the first schema of the search path. `fc_transaction` contains the
    transactions, and you may read it with SQL.

    Args:
        conninfo: Connection URL, or parameters such as `host=… dbname=…`.
        lease: Seconds after which another worker may sync the account of a worker that
            has died. A living worker extends its leases.
        resync_every: Seconds after which an account is synced again even if no event
            has arrived; None for never.
        max_strikes: Number of errors without any progress after which an account is
            dead. Errors that may pass do not count.
        backoff: Shortest and longest time between attempts after an error, in seconds.
        connections: Maximum number of connections.

    Raises:
        ConfigurationError: psycopg is not installed, or an argument is invalid.
    """

    def __init__(
        self,
        conninfo: str,
        *,
        lease: float = 30.0,
        resync_every: float | None = 86_400.0,
        max_strikes: int = 5,
        backoff: tuple[float, float] = (5.0, 3_600.0),
        connections: int = 4,
    ) -> None:
        self._lease = positive_seconds("lease", lease)
        if resync_every is not None:
            positive_seconds("resync_every", resync_every)
        self._resync = resync_every
        self._max_strikes = int(positive_number("max_strikes", max_strikes))
        self._backoff = [positive_seconds("backoff", seconds) for seconds in backoff]
        size = int(positive_number("connections", connections))
        self._database = Database(conninfo, size)
        self._feeder = Feeder(self._database)

    async def __aenter__(self) -> Self:
        await self._database.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._database.__aexit__(*error)

    async def migrate(self) -> int:
        """Create the tables, or bring them to the version that this package needs.

        Machines may call it at the same time.

        Returns:
            The number of migrations that have been run.
        """
        return await self._database.migrate()

    async def want(
        self,
        account: str | Account,
        *,
        stripe_account: str | None = None,
        tenant: str | None = None,
        connection: AsyncConnection[Any] | None = None,
    ) -> None:
        """Request a sync of an account, which is added if it is new.

        Args:
            account: ID of the account (`fca_…`), or an `Account` from an event, which
                saves a request.
            stripe_account: Connected account (`acct_…`) that the account belongs to.
            tenant: Group of accounts that shares the workers fairly with others.
                Defaults to the account's present tenant, and for a new account to
                `stripe_account`.
            connection: Connection to use, so that the request is part of a transaction
                of yours.
        """
        values = values_of_want(account, stripe_account, tenant)
        if connection is None:
            await self._database.execute(statements.WANT, values)
        else:
            await connection.execute(statements.WANT, values)

    async def due(self, limit: int, *, exclude: Collection[str] = ()) -> list[str]:
        return await self._feeder.due(limit, exclude)

    async def claim(self, account: str) -> Lease | Unavailable:
        token = secrets.token_hex(8)
        values = {"account": account, "token": token, "seconds": self._lease}
        row = await self._database.fetch(statements.CLAIM, values)
        if row is None:
            state = await self._database.fetch(statements.STATE, values)
            return "gone" if state is None else state[0]
        cursor, stripe_account, refresh, wanted, strikes, has_lapsed = row
        lease = Lease(
            account, token, cursor, wanted, stripe_account, refresh, self._lease
        )
        error = _LOST_WORKER.format(strikes)
        if strikes >= self._max_strikes:
            await self.fail(lease, error, "dead")
            return "gone"
        if has_lapsed and strikes > 1:
            await self._database.execute(
                statements.POSTPONE, self._values_of_error(lease, error)
            )
            return "waiting"
        return lease

    async def renew(self, lease: Lease) -> None:
        await self._database.execute(statements.RENEW, _values(lease))

    async def commit(self, lease: Lease, batch: Batch) -> bool:
        import psycopg  # noqa: PLC0415

        values = _values(lease) | columns_of(batch.transactions)
        values |= {"previous": batch.previous, "cursor": batch.cursor}
        try:
            cursor = await self._database.execute(statements.COMMIT, values)
        except psycopg.DataError as error:
            state = error.sqlstate
        else:
            return cursor.rowcount == 1
        # Not chained, because the database's error quotes the row.
        raise ValueError(f"PostgreSQL cannot store a transaction ({state})")

    async def finish(self, lease: Lease) -> bool:
        values = _values(lease) | {"wanted": lease.wanted, "resync": self._resync}
        return await self._database.fetch(statements.FINISH, values) != (True,)

    async def release(self, lease: Lease, *, refresh: str | None = None) -> None:
        values = _values(lease) | {
            "wanted": lease.wanted,
            "refresh": refresh,
            "max_slices": _MAX_SLICES,
        }
        await self._database.execute(statements.RELEASE, values)

    async def fail(self, lease: Lease, error: str, verdict: Verdict) -> bool:
        values = self._values_of_error(lease, error) | {
            "is_dead": verdict == "dead",
            "strikes": int(verdict == "strike"),
            "max_strikes": self._max_strikes,
        }
        return await self._database.fetch(statements.FAIL, values) == (True,)

    async def reset(self, lease: Lease) -> None:
        await self._database.execute(statements.RESET, _values(lease))

    async def revive(self, accounts: Collection[str] | None = None) -> int:
        values = {"accounts": None if accounts is None else list(accounts)}
        return (await self._database.execute(statements.REVIVE, values)).rowcount

    async def dead(self, limit: int = 100) -> list[DeadAccount]:
        cursor = await self._database.execute(statements.DEAD, {"limit": limit})
        return [DeadAccount(*row) for row in await cursor.fetchall()]

    async def progress(self) -> Progress:
        cursor = await self._database.execute(statements.PROGRESS, {})
        row = await cursor.fetchone()
        names = [column.name for column in cursor.description or ()]
        return Progress(**dict(zip(names, row or (), strict=True)))

    def changes(
        self, consumer: str, *, limit: int = 1_000
    ) -> AbstractAsyncContextManager[list[Change]]:
        """Return an async context manager with the next changes of transactions.

        The consumer's position advances when the block ends without an error.
        Otherwise, the same changes are returned again. If several processes read for
        the same consumer, they take turns.

        Changes appear as soon as all earlier transactions in the database have ended,
        so a transaction that stays open delays them.

        Args:
            consumer: Name of the consumer. A new one starts with the oldest change.
            limit: Maximum number of changes.
        """
        return read_changes(self._database, consumer, limit)

    async def prune(self, *, older_than: float) -> int:
        """Delete changes that every consumer has read.

        Args:
            older_than: Minimum age of the changes in seconds.

        Returns:
            The number of deleted changes.
        """
        cursor = await self._database.execute(statements.PRUNE, {"seconds": older_than})
        return cursor.rowcount

    def _values_of_error(self, lease: Lease, error: str) -> dict[str, Any]:
        shortest, longest = self._backoff
        return _values(lease) | {
            "error": error.replace("\0", ""),
            "shortest": shortest,
            "longest": longest,
        }


def _values(lease: Lease) -> dict[str, Any]:
    return {"account": lease.account, "token": lease.token, "seconds": lease.seconds}
