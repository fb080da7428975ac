"""Find the accounts that are due, fairly over tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from financial_connections.fleet import statements

if TYPE_CHECKING:
    from collections.abc import Collection

    from financial_connections.fleet.database import Database

_TENANTS = 500
"""Number of tenants to look at in one query."""
_MAX_TENANTS = 5_000
"""Number of tenants to look at in one call."""
_MIN_PER_TENANT = 20
_REMEMBERED = 5_000
"""Number of tenants whose turns are remembered."""


class Feeder:
    """Finds due accounts.

    If there are more tenants than one call can look at, the next call continues with
    the others. A tenant that has been served most recently comes last, so that tenants
    take turns even if each call returns a single account.

    Args:
        database: The database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._last_tenant: str | None = None
        # The turn of each tenant that has been served, the most recent one last.
        self._served: dict[str, int] = {}
        self._turns = 0

    async def due(self, limit: int, exclude: Collection[str]) -> list[str]:
        """Return accounts that wait for a worker.

        Args:
            limit: Maximum number of accounts.
            exclude: Accounts to leave out.
        """
        found: list[tuple[Any, ...]] = []
        start = self._last_tenant
        for _ in range(_MAX_TENANTS // _TENANTS):
            if len(found) >= limit:
                break
            tenants = await self._next_tenants()
            found += await self._due_of(tenants, limit - len(found), exclude)
            # All have been looked at, or the others have their turn in the next call.
            if len(tenants) < _TENANTS and (start is None or found):
                break
        # The news of all tenants, and then the first account of each, the second, …
        found.sort(key=lambda row: row[1:5])
        del found[limit:]
        for row in found:
            self._record_turn(row[6])
        return [row[0] for row in found]

    def _record_turn(self, tenant: str) -> None:
        self._turns += 1
        self._served.pop(tenant, None)
        self._served[tenant] = self._turns
        if len(self._served) > _REMEMBERED:
            del self._served[next(iter(self._served))]

    async def _next_tenants(self) -> list[str]:
        values = {"after": self._last_tenant, "limit": _TENANTS}
        cursor = await self._database.execute(statements.TENANTS, values)
        tenants = [row[0] for row in await cursor.fetchall()]
        self._last_tenant = tenants[-1] if len(tenants) == _TENANTS else None
        return tenants

    async def _due_of(
        self, tenants: list[str], limit: int, exclude: Collection[str]
    ) -> list[tuple[Any, ...]]:
        per_tenant = max(_MIN_PER_TENANT, 2 * limit // max(1, len(tenants)))
        while True:
            values = {
                "tenants": tenants,
                "served": [self._served.get(tenant, 0) for tenant in tenants],
                "limit": limit,
                "per_tenant": min(limit, per_tenant),
                "exclude": list(exclude),
            }
            cursor = await self._database.execute(statements.DUE, values)
            rows = await cursor.fetchall()
            is_cut = any(row[5] for row in rows)
            if len(rows) >= limit or per_tenant >= limit or not is_cut:
                return rows
            per_tenant *= 4  # only few tenants have due accounts
