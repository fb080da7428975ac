"""A rate limit in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from financial_connections.fleet.database import Database
from financial_connections.fleet.rate_limits.shared import (
    _NO_ENDPOINTS,
    GRACE,
    LEASE,
    PER_ENDPOINT,
    Outcome,
    Scope,
    SharedRateLimit,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_TAKE = """
SELECT wait, has_turn FROM fc_take_permit(
    %(scopes)s::text[], %(counts)s::integer[], %(token)s, %(lease)s, %(has_turn)s,
    %(period)s, %(grace)s
)
"""
_RETURN = """
UPDATE fc_permit AS p SET free_at = clock_timestamp() + r.seconds * interval '1 second'
FROM unnest(%(scopes)s::text[], %(seconds)s::float8[]) AS r (scope, seconds)
WHERE p.scope = r.scope AND p.token = %(token)s
"""
_CONNECT_SECONDS = 5.0
_LONGEST_POLL = 0.1
"""Longest time between attempts while all permits are in use, in seconds."""


class PostgresRateLimit(SharedRateLimit):
    """A rate limit that all machines share through PostgreSQL.

        async with PostgresRateLimit("postgresql://user@db.internal/app") as limit:
            client = AsyncClient(rate_limit=limit)

    Needs the extra `financial-connections[fleet]`, asyncio, and the tables of
    `PostgresStore.migrate`. The API never sees more requests within a second than
    allowed, whatever the clocks of the machines show. Because a permit is reserved
    until one second after its response, the limit is used up to a part of
    1 / (1 + round trip in seconds).

    Permits are in unlogged tables, which PostgreSQL empties after a crash. None is
    issued for 3 seconds then.

    Args:
        conninfo: Connection URL, or parameters such as `host=… dbname=…`.
        total: Requests per second of a Stripe account. Defaults to what Stripe
            documents: 25 in test mode and 100 in live mode.
        per_endpoint: Requests per second to each endpoint.
        endpoints: Requests per second to endpoints for which Stripe has raised the
            limit, such as `{"GET /v1/financial_connections/transactions": 100}`.
        lease: Seconds after which the permit of a process that has died is free again.
            It must be longer than the timeout of a request.
        connections: Maximum number of connections.

    Raises:
        ConfigurationError: psycopg is not installed, or an argument is invalid.
    """

    _server = "PostgreSQL"

    def __init__(
        self,
        conninfo: str,
        *,
        total: float | None = None,
        per_endpoint: float = PER_ENDPOINT,
        endpoints: Mapping[str, float] = _NO_ENDPOINTS,
        lease: float = LEASE,
        connections: int = 2,
    ) -> None:
        super().__init__(total, per_endpoint, endpoints, lease)
        self._database = Database(conninfo, connections, wait_seconds=_CONNECT_SECONDS)

    async def __aenter__(self) -> Self:
        await self._database.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._database.__aexit__(*error)

    async def _take(
        self, scopes: Sequence[Scope], token: str, *, has_turn: bool
    ) -> Outcome:
        values: dict[str, Any] = {
            "scopes": [scope.key for scope in scopes],
            "counts": [scope.count for scope in scopes],
            "token": token,
            "lease": self._lease,
            "has_turn": has_turn,
            "grace": GRACE,
            "period": scopes[0].seconds / scopes[0].count,
        }
        row = await self._database.fetch(_TAKE, values)
        wait, turn = row or (0.0, True)
        if turn and has_turn:
            wait = min(wait, _LONGEST_POLL)
        return Outcome(wait, has_turn=turn)

    async def _return(
        self, scopes: Sequence[Scope], token: str, seconds: Sequence[float]
    ) -> None:
        values = {
            "scopes": [scope.key for scope in scopes],
            "seconds": list(seconds),
            "token": token,
        }
        await self._database.execute(_RETURN, values)

    def _is_outage(self, error: Exception) -> bool:
        import psycopg  # noqa: PLC0415 - in the extra

        return isinstance(error, psycopg.OperationalError | OSError)
