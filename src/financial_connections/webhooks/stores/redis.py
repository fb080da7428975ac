"""An event store in Redis or Valkey, for any number of machines."""

from __future__ import annotations

import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from financial_connections._checks import positive_seconds
from financial_connections.errors import ConfigurationError
from financial_connections.webhooks.stores.protocol import RETENTION
from financial_connections.webhooks.stores.threads import WorkerThreads
from financial_connections.webhooks.stores.tokens import ClaimTokens

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis
    import redis.asyncio

# A key holds the token of a claim, or "confirmed". Scripts are atomic. The owner may
# repeat its claim, because after a reconnect the client does not know whether the first
# attempt reached the server.
_CLAIM = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
if tonumber(ARGV[2]) > 0 then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return 1
"""
_CONFIRM = """
local owner = redis.call('GET', KEYS[1])
if not owner or owner == ARGV[1] then
    redis.call('SET', KEYS[1], 'confirmed', 'PX', ARGV[2])
end
return 1
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""
_IS_CONFIRMED = "return redis.call('GET', KEYS[1]) == 'confirmed' and 1 or 0"
# Two attempts together take less than the 10 s that an endpoint waits for a store.
_SOCKET_SECONDS = 2.5
_CONNECT_SECONDS = 2.0


class RedisEventStore:
    """An event store in Redis or Valkey, shared by any number of machines.

        store = RedisEventStore("redis://cache.internal:6379/0")

    Needs the extra `financial-connections[redis]`. Keys expire on their own. The server
    must not evict them earlier, so its `maxmemory-policy` must be `noeviction`.

    Args:
        client: URL of the server, or a client. With a URL, the store works under
            asyncio and trio. A `redis.asyncio.Redis` needs asyncio. A `redis.Redis` is
            called in worker threads and should have a `socket_timeout`.
        prefix: Prefix of the keys. Endpoints with different handlers need different
            prefixes.
        retention: Seconds for which a handled event is remembered.
        clock: Returns the current time, in seconds since the epoch. It is used to
            compute how long a claim lasts; the server measures that time.

    Raises:
        ConfigurationError: redis is not installed, or an argument is invalid.
    """

    def __init__(
        self,
        client: str | redis.Redis | redis.asyncio.Redis,
        *,
        prefix: str = "stripe_events:",
        retention: float = RETENTION,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._owned = isinstance(client, str)
        self._client, self._in_threads = _client_from(client)
        if not isinstance(prefix, str):
            raise ConfigurationError(
                f"prefix must be a string, not {type(prefix).__name__}"
            )
        self._prefix = prefix
        self._retention = positive_seconds("retention", retention)
        self._clock = clock
        self._tokens = ClaimTokens()
        self._threads = WorkerThreads()

    async def claim(self, event_id: str, until: float) -> bool:
        """Claim an event: see `EventStore.claim`.

        Args:
            event_id: ID of the event (`evt_…`).
            until: Time at which the claim expires, in seconds since the epoch.

        Returns:
            False if the event is confirmed or claimed by another worker.
        """
        token = self._tokens.new()
        if not await self._run(
            _CLAIM, event_id, token, _milliseconds(until - self._clock())
        ):
            return False
        self._tokens.keep(event_id, token)
        return True

    async def confirm(self, event_id: str) -> None:
        """Record that an event was handled, unless another worker has claimed it since.

        Args:
            event_id: ID of the event (`evt_…`).
        """
        await self._run(
            _CONFIRM,
            event_id,
            self._tokens.pop(event_id),
            _milliseconds(self._retention),
        )

    async def release(self, event_id: str) -> None:
        """Give up the caller's claim: see `EventStore.release`.

        Args:
            event_id: ID of the event (`evt_…`).
        """
        await self._run(_RELEASE, event_id, self._tokens.pop(event_id))

    async def is_confirmed(self, event_id: str) -> bool:
        """Return True if the event was handled within the retention period.

        Args:
            event_id: ID of the event (`evt_…`).
        """
        return bool(await self._run(_IS_CONFIRMED, event_id))

    async def aclose(self) -> None:
        """Close the connections that the store opened.

        A client that was passed to the store stays open.
        """
        if self._owned:
            await to_thread.run_sync(self._client.close)

    async def _run(self, script: str, event_id: str, *arguments: str | int) -> Any:
        call = script, 1, f"{self._prefix}{event_id}", *arguments
        if self._in_threads:
            return await self._threads.run(self._client.eval, *call)
        return await self._client.eval(*call)


def _milliseconds(seconds: float) -> int:
    return max(0, round(seconds * 1_000))


def _client_from(value: Any) -> tuple[Any, bool]:
    """Return a client, and True if it blocks."""
    if find_spec("redis") is None:
        raise ConfigurationError(
            "RedisEventStore needs: pip install 'path/to/financial-connections[redis]'"
        )
    import redis  # noqa: PLC0415 - optional dependency
    import redis.asyncio  # noqa: PLC0415

    client = _connect(value) if isinstance(value, str) else value
    if isinstance(client, redis.Redis):
        return client, True
    if isinstance(client, redis.asyncio.Redis):
        return client, False
    raise ConfigurationError(
        "client must be a URL (redis://…, rediss://… or unix://…) or a Redis client"
    )


def _connect(url: str) -> Any:
    """Return a client for a URL, or None if redis cannot parse the URL.

    The error is not chained, because it quotes the URL, which may contain a password.
    """
    import redis  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    try:
        return redis.Redis.from_url(
            url,
            socket_timeout=_SOCKET_SECONDS,
            socket_connect_timeout=_CONNECT_SECONDS,
            # By default, recent versions retry for longer than an endpoint waits.
            retry=Retry(NoBackoff(), 1),
        )
    except ValueError:
        return None
