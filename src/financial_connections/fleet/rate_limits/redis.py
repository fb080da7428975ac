"""A rate limit in Redis or Valkey."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Self

import anyio

from financial_connections._redact import Secret
from financial_connections.errors import ConfigurationError
from financial_connections.fleet.cancellation import complete
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

    from redis.asyncio import Redis

_SECONDS = 3.0
"""Timeout of a command."""

# KEYS: a sorted set of permits for each scope, and the time of the next permit.
# A permit's score is the time at which it is free again, in microseconds.
_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local token, lease = ARGV[1], tonumber(ARGV[2])
local has_turn, period, grace = ARGV[3] == '1', tonumber(ARGV[4]), tonumber(ARGV[5])
local pace = KEYS[#KEYS]

if redis.call('EXISTS', unpack(KEYS)) == 0 then
    -- Nothing is known: either nothing was sent, or the server has lost its data.
    local info = redis.call('INFO', 'server')
    local uptime = tonumber(string.match(info, 'uptime_in_seconds:(%d+)'))
    if uptime < grace then
        return {(grace - uptime) * 1000000, 0}
    end
end
if not has_turn then
    local turn = math.max(now, tonumber(redis.call('GET', pace) or '0'))
    redis.call('SET', pace, string.format('%.0f', turn + period), 'PX',
        math.ceil((turn + period - now) / 1000) + 1000)
    if turn > now then
        return {turn - now, 1}
    end
end
local wait = 0
for i = 1, #KEYS - 1 do
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', string.format('%.0f', now))
    if redis.call('ZCARD', KEYS[i]) >= tonumber(ARGV[5 + i]) then
        local first = redis.call('ZRANGE', KEYS[i], 0, 0, 'WITHSCORES')
        wait = math.max(wait, tonumber(first[2]) - now)
    end
end
if wait > 0 then
    return {wait, 1}
end
for i = 1, #KEYS - 1 do
    redis.call('ZADD', KEYS[i], string.format('%.0f', now + lease), token)
    redis.call('PEXPIRE', KEYS[i], math.ceil(lease / 1000) + 1000)
end
return {0, 1}
"""
_RETURN = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
for i = 1, #KEYS do
    redis.call('ZADD', KEYS[i], 'XX', string.format('%.0f', now + ARGV[1 + i]), ARGV[1])
end
"""
_LONGEST_POLL = 0.1
"""Longest time between attempts while all permits are in use, in seconds.

A request that is running has no known end.
"""


class RedisRateLimit(SharedRateLimit):
    """A rate limit that all machines share through Redis or Valkey.

        async with RedisRateLimit("redis://cache.internal") as limit:
            client = AsyncClient(rate_limit=limit)

    Needs the extra `financial-connections[fleet-redis]` and asyncio. The API never sees
    more requests within a second than allowed, whatever the clocks of the machines
    show. Because a permit is reserved until one second after its response, the limit is
    used up to a part of 1 / (1 + round trip in seconds).

    After a restart, the server has lost the permits, so none is issued for 3 seconds. A
    request that takes longer than that to arrive at the API may then exceed the limit.

    Args:
        url: URL of the server: `redis://`, `rediss://` or `unix://`.
        total: Requests per second of a Stripe account. Defaults to what Stripe
            documents: 25 in test mode and 100 in live mode.
        per_endpoint: Requests per second to each endpoint.
        endpoints: Requests per second to endpoints for which Stripe has raised the
            limit, such as `{"GET /v1/financial_connections/transactions": 100}`.
        lease: Seconds after which the permit of a process that has died is free again.
            It must be longer than the timeout of a request.
        prefix: Beginning of the keys. Limits with the same prefix are shared.

    Raises:
        ConfigurationError: redis is not installed, or an argument is invalid.
    """

    _server = "Redis"

    def __init__(
        self,
        url: str,
        *,
        total: float | None = None,
        per_endpoint: float = PER_ENDPOINT,
        endpoints: Mapping[str, float] = _NO_ENDPOINTS,
        lease: float = LEASE,
        prefix: str = "fc:rate:",
    ) -> None:
        super().__init__(total, per_endpoint, endpoints, lease)
        self._url = _checked(url)
        self._prefix = prefix
        self._redis: Redis | None = None

    async def __aenter__(self) -> Self:
        from redis.asyncio import Redis  # noqa: PLC0415 - in the extra

        self._redis = Redis.from_url(self._url.reveal())
        self._run_take = self._redis.register_script(_TAKE)
        self._run_return = self._redis.register_script(_RETURN)
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._redis is not None:
            await self._redis.aclose()
        self._redis = None

    async def _take(
        self, scopes: Sequence[Scope], token: str, *, has_turn: bool
    ) -> Outcome:
        self._require_open()
        first = scopes[0]
        period = first.seconds / first.count
        values: list[Any] = [
            token,
            int(self._lease * 1e6),
            int(has_turn),
            int(period * 1e6),
            GRACE,
            *(scope.count for scope in scopes),
        ]
        keys = [*self._keys(scopes), f"{self._keys(scopes)[0]}:next"]
        with anyio.fail_after(_SECONDS):
            wait, turn = await complete(self._run_take(keys=keys, args=values))
        seconds = wait / 1e6
        if turn and has_turn:
            seconds = min(seconds, _LONGEST_POLL)
        return Outcome(seconds, has_turn=bool(turn))

    async def _return(
        self, scopes: Sequence[Scope], token: str, seconds: Sequence[float]
    ) -> None:
        self._require_open()
        values: list[Any] = [token, *(int(value * 1e6) for value in seconds)]
        with anyio.fail_after(_SECONDS):
            await complete(self._run_return(keys=self._keys(scopes), args=values))

    def _is_outage(self, error: Exception) -> bool:
        import redis  # noqa: PLC0415

        return isinstance(error, redis.ConnectionError | redis.TimeoutError | OSError)

    def _keys(self, scopes: Sequence[Scope]) -> list[str]:
        # The braces keep the keys of an account on one node of a cluster.
        keys: list[str] = []
        for scope in scopes:
            mode, account, endpoint = scope.key.split(":", 2)
            keys.append(f"{self._prefix}{{{mode}:{account}}}:{endpoint}")
        return keys

    def _require_open(self) -> None:
        if self._redis is None:
            raise RuntimeError("the limit is not open: use it with `async with`")


def _checked(url: str) -> Secret:
    if find_spec("redis") is None:
        raise ConfigurationError(
            "RedisRateLimit needs:"
            " pip install 'path/to/financial-connections[fleet-redis]'"
        )
    schemes = ("redis://", "rediss://", "unix://")
    if not isinstance(url, str) or not url.startswith(schemes):
        raise ConfigurationError(
            "url must be a URL that begins with redis://, rediss:// or unix://"
        )
    return Secret(url)
