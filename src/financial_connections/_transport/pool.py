"""A connection pool over httpx.

httpcore's own pool scans all connections and waiting requests on each call, leaks the
connection of a request that is cancelled while it waits or connects, and can give an
unsolicited response to the next request. This one keeps connections in a stack and
closes every connection whose exchange did not end cleanly.
"""

import math
import time
from collections import defaultdict, deque
from contextlib import AsyncExitStack
from typing import Any

import anyio

from financial_connections._settings import Timeout
from financial_connections._transport import private
from financial_connections._transport.backend import IDLE_SECONDS, Limiter
from financial_connections._transport.causes import no_response_from, transport_errors
from financial_connections._transport.closing import close_all
from financial_connections._transport.network import network_class, unused_context
from financial_connections._transport.proxy import environment_proxy
from financial_connections._transport.request import prepare_request
from financial_connections._transport.response import (
    NoResponse,
    Response,
    read_response,
)
from financial_connections._transport.startup import Startup, tls_context
from financial_connections._transport.wire import Origin, WireRequest

_SWEEP_SECONDS = 1


class ConnectionPool:
    """A pool of at most `limit` httpx connections."""

    def __init__(self, limit: int) -> None:
        self.limiter = Limiter(limit)
        self._startup = Startup()
        self._idle: defaultdict[Origin, deque[tuple[_Connection, float]]]
        self._idle = defaultdict(deque)
        self._swept_at = 0.0

    async def exchange(
        self,
        request: WireRequest,
        limits: Timeout,
        expires_at: float,
        held: AsyncExitStack | None = None,
    ) -> Response | NoResponse:
        await self._startup.run(tls=request.origin.scheme == "https")
        connection = await self._acquire(request.origin)
        result: Response | NoResponse | None = None
        try:
            result = await connection.exchange(request, limits)
            return result
        finally:
            if held is not None and isinstance(result, Response) and result.is_success:
                held.push_async_callback(
                    self._release_held, connection, request.origin, result
                )
            elif dropped := self._release(
                connection, request.origin, result, expires_at
            ):
                await close_all(dropped)

    async def _acquire(self, origin: Origin) -> "_Connection":
        if dropped := self._sweep():
            await close_all(dropped)
        idle = self._idle[origin]
        while idle:
            connection, _ = idle.pop()
            if connection.is_available():
                return connection
            await close_all([connection])
        return _Connection(origin)

    async def _release_held(
        self, connection: "_Connection", origin: Origin, result: Response
    ) -> None:
        await close_all(self._release(connection, origin, result, math.inf))

    def _release(
        self,
        connection: "_Connection",
        origin: Origin,
        result: Response | NoResponse | None,
        expires_at: float,
    ) -> list["_Connection"]:
        """Keep a connection for the next request, or return those to close."""
        if (
            isinstance(result, Response)
            and result.unreadable is None
            and connection.is_reusable()
            and not self.limiter.closed
        ):
            connection.is_reused = True
            self._idle[origin].append((connection, time.monotonic()))
            return []
        dropped = [connection]
        if connection.is_reused and (
            isinstance(result, NoResponse) or anyio.current_time() >= expires_at
        ):
            # The other connections have been idle for longer, so whatever broke this
            # one has probably broken them too.
            dropped += _pop_all(self._idle[origin])
        return dropped

    def _sweep(self) -> list["_Connection"]:
        """Remove idle connections that have expired and, once a second, closed ones.

        The most recently used connection is reused first, so requests may never get to
        the oldest ones.
        """
        now = time.monotonic()
        is_due = now - self._swept_at >= _SWEEP_SECONDS
        dropped = []
        for idle in self._idle.values():
            while idle and idle[0][1] < now - IDLE_SECONDS:
                dropped.append(idle.popleft()[0])
            for _ in range(len(idle) if is_due else 0):
                entry = idle.popleft()
                if entry[0].is_available():
                    idle.append(entry)
                else:
                    dropped.append(entry[0])
        if is_due:
            self._swept_at = now
        return dropped

    async def aclose(self) -> None:
        self.limiter.closed = True
        connections = [c for idle in self._idle.values() for c in _pop_all(idle)]
        # The sockets of an event loop that has ended can no longer be closed.
        if self.limiter.is_in_loop():
            await close_all(connections)


def _pop_all(idle: "deque[tuple[_Connection, float]]") -> list["_Connection"]:
    # Emptied in place, because another call may be in the middle of `_acquire`.
    connections = [connection for connection, _ in idle]
    idle.clear()
    return connections


class _Connection:
    """An httpx transport with a single connection.

    Without a proxy, the transport's pool is replaced by the connection itself: there is
    nothing to choose from, and choosing costs a sixth of a call's CPU time.
    """

    def __init__(self, origin: Origin) -> None:
        import httpcore  # noqa: PLC0415 - imported by `Startup` in a thread
        import httpx  # noqa: PLC0415

        tls = tls_context() if origin.scheme == "https" else None
        proxy = environment_proxy(origin.authority, with_socks=True) if tls else None
        self.is_reused = False
        self._transport = httpx.AsyncHTTPTransport(
            verify=tls or unused_context(),
            proxy=proxy,
            limits=httpx.Limits(
                max_connections=1,
                max_keepalive_connections=1,
                keepalive_expiry=IDLE_SECONDS,
            ),
        )
        self._connection: Any = None
        self._network: Any = None
        self._stream: Any = None
        if proxy is not None:
            return
        url = httpx.URL(f"{origin.scheme}://{origin.authority}")
        network = network_class()()
        connection = httpcore.AsyncHTTPConnection(
            httpcore.Origin(
                url.raw_scheme, url.raw_host, url.port or (443 if tls else 80)
            ),
            tls,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=network,
        )
        if private.replace_pool(self._transport, connection):
            self._connection, self._network = connection, network

    async def exchange(
        self, request: WireRequest, limits: Timeout
    ) -> Response | NoResponse:
        import httpx  # noqa: PLC0415 - imported by `Startup` in a thread

        library: Any = httpx
        try:
            response = await self._transport.handle_async_request(
                prepare_request(request, limits, library)
            )
            self._stream = response.extensions.get("network_stream")
            result = await read_response(response)
            await response.aclose()
        except transport_errors(library) as error:
            return no_response_from(error, library)
        return result

    def is_available(self) -> bool:
        """Return whether the connection is still open, as far as is known."""
        connection = self._connection
        # A transport with a pool checks its connection itself.
        return connection is None or not (
            connection.is_closed() or connection.has_expired()
        )

    def is_reusable(self) -> bool:
        """Return whether another request can follow the response that has been read."""
        if self._connection is not None and self._connection.is_closed():
            return False
        if not self.is_reused:
            private.drop_state_lock(self._connection)
        return not private.has_unread(self._transport, self._connection, self._stream)

    async def aclose(self) -> None:
        await self._transport.aclose()
        # httpcore forgets the socket if a call is cancelled during the TLS handshake.
        if self._network and self._network.socket:
            await self._network.socket.aclose()
