"""Connections over httpx.

httpcore's pool scans all connections and all waiting requests on each call, leaks the
slot of a request that is cancelled while it waits or connects, and can hand an
unasked-for answer to the next request. So the pool is ours: lanes of one connection
each, last in, first out, behind one fair limiter. A lane whose exchange did not end
cleanly is thrown away, and everything that could have gone wrong on it with it.
"""

import math
import ssl
import time
from collections import defaultdict, deque
from functools import cache
from typing import Any

import anyio
from sniffio import current_async_library

from financial_connections._settings import Timeout
from financial_connections._transport.closing import close_all
from financial_connections._transport.connections import IDLE_SECONDS, Slots
from financial_connections._transport.exchange import (
    Answer,
    answer_from,
    failure_from,
    faults_of,
    prepared_request,
    proxy_for,
)
from financial_connections._transport.startup import Loader, tls_context
from financial_connections._transport.wire import Origin, WireRequest

_SWEEP_SECONDS = 1


class Lanes:
    """Connections of our own, at most `limit` at a time."""

    def __init__(self, limit: int) -> None:
        self.slots = Slots(limit)
        self._loader = Loader()
        self._idle: defaultdict[Origin, deque[tuple[_Lane, float]]] = defaultdict(deque)
        self._swept_at = 0.0

    async def exchange(
        self, request: WireRequest, timeout: Timeout, expires_at: float
    ) -> Answer:
        await self._loader.load(tls=request.origin.scheme == "https")
        import httpx  # noqa: PLC0415 - loading it takes longer than all else

        lane = await self._acquire(request.origin)
        intact = False
        try:
            response = await lane.transport.handle_async_request(
                prepared_request(request, timeout, httpx)
            )
            answer = await answer_from(response)
            await response.aclose()
            intact = answer.unreadable is None and lane.settle()
            return answer  # noqa: TRY300 - `else` would come after `finally`
        except faults_of(httpx) as error:
            failure = failure_from(error, httpx)
            expires_at = -math.inf
        finally:
            if intact and not self.slots.closed:
                lane.is_reused = True
                self._idle[request.origin].append((lane, time.monotonic()))
            else:
                dropped = [lane]
                if lane.is_reused and anyio.current_time() >= expires_at:
                    # The others have been idle for longer, so whatever broke this one
                    # has probably broken them too.
                    dropped += _taken_from(self._idle[request.origin])
                await close_all(dropped)
        # Outside `except`, or the failure would carry httpx's error, and that the
        # request with the key.
        raise failure

    async def _acquire(self, origin: Origin) -> "_Lane":
        if dropped := self._sweep():
            await close_all(dropped)
        idle = self._idle[origin]
        while idle:
            lane, _ = idle.pop()
            if lane.is_open():
                return lane
            await close_all([lane])
        return _Lane(origin)

    def _sweep(self) -> list["_Lane"]:
        """Take out the idle connections that have expired, and about once a second
        those that the server has closed.

        Used last in, first out, the oldest are at the other end, where the next calls
        would not see them.
        """
        now = time.monotonic()
        is_due = now - self._swept_at >= _SWEEP_SECONDS
        dropped = []
        for idle in self._idle.values():
            while idle and idle[0][1] < now - IDLE_SECONDS:
                dropped.append(idle.popleft()[0])
            if is_due:
                closed = [entry for entry in idle if not entry[0].is_open()]
                for entry in closed:
                    idle.remove(entry)
                    dropped.append(entry[0])
        if is_due:
            self._swept_at = now
        return dropped

    async def aclose(self) -> None:
        self.slots.closed = True
        lanes = [lane for idle in self._idle.values() for lane in _taken_from(idle)]
        if (
            self.slots.in_their_loop()
        ):  # of another, dead loop they cannot be closed any more
            await close_all(lanes)


def _taken_from(idle: "deque[tuple[_Lane, float]]") -> list["_Lane"]:
    """Empty `idle` in place: another call may be in the middle of choosing from it."""
    lanes = [lane for lane, _ in idle]
    idle.clear()
    return lanes


class _Lane:
    """httpx's transport over one connection.

    Behind a proxy over httpx's pool. Else the connection, which is httpcore's, takes
    the place of the pool: there is nothing to choose from, and choosing takes a seventh
    of a call's CPU. httpx has no public way to say so.
    """

    def __init__(self, origin: Origin) -> None:
        import httpcore  # noqa: PLC0415 - as httpx
        import httpx  # noqa: PLC0415

        tls = tls_context() if origin.scheme == "https" else None
        proxy = proxy_for(origin.authority, with_socks=True) if tls else None
        self.transport = httpx.AsyncHTTPTransport(
            verify=tls or _unused_context(),
            proxy=proxy,
            limits=httpx.Limits(
                max_connections=1,
                max_keepalive_connections=1,
                keepalive_expiry=IDLE_SECONDS,
            ),
        )
        self.is_reused = False
        self._connection: Any = None
        self._network: Any = None
        if proxy is None:
            url = httpx.URL(f"{origin.scheme}://{origin.authority}")
            address = httpcore.Origin(
                url.raw_scheme, url.raw_host, url.port or (443 if tls else 80)
            )
            self._network = _network_class()()
            self._connection = httpcore.AsyncHTTPConnection(
                address,
                tls,
                keepalive_expiry=IDLE_SECONDS,
                network_backend=self._network,
            )
            self._connection._request_lock = _UNLOCKED
            self.transport._pool = self._connection

    def is_open(self) -> bool:
        """Return whether the server has not hung up meanwhile. A pool sees to that
        itself.
        """
        connection = self._connection
        return connection is None or not (
            connection.is_closed() or connection.has_expired()
        )

    def settle(self) -> bool:
        """Return whether the next request can go over it: not if it would get what came
        after the last answer.

        No public interface tells. Where the privates are not as here, as in a mock,
        nothing is left over.
        """
        pool: Any = self.transport._pool
        try:
            [connection] = [self._connection] if self._connection else pool.connections
            inner = connection._connection
            inner._state_lock = _UNLOCKED
            return not (
                connection.is_closed()
                or inner._h11_state.trailing_data[0]
                or _has_unread(inner._network_stream)
            )
        except (AttributeError, ValueError, TypeError):
            return True

    async def aclose(self) -> None:
        await self.transport.aclose()
        # A call that was cancelled in the middle of the TLS handshake left the socket
        # open.
        if (
            self._network
            and self._network.socket
            and self._connection._connection is None
        ):
            await self._network.socket.aclose()


def _has_unread(stream: Any) -> bool:
    """Return whether bytes have come that nobody read: in the TLS layer, or in anyio's
    queue below it.
    """
    if tls := stream.get_extra_info("ssl_object"):
        try:
            tls.read(1)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            return True
        else:
            return True
    bottom = stream._stream
    while hasattr(bottom, "transport_stream"):
        bottom = bottom.transport_stream
    return bool(getattr(getattr(bottom, "_protocol", None), "read_queue", None))


@cache
def _network_class() -> Any:
    import httpcore  # noqa: PLC0415 - as httpx

    class Network(httpcore.AsyncNetworkBackend):
        """httpcore's own, less its forgetting the socket on which a TLS handshake was
        broken off.
        """

        socket: Any = None

        async def connect_tcp(self, *args: Any, **kwargs: Any) -> Any:
            kind: Any = (
                httpcore.TrioBackend
                if current_async_library() == "trio"
                else httpcore.AnyIOBackend
            )
            self.socket = await kind().connect_tcp(*args, **kwargs)
            return self.socket

    return Network


class _Unlocked:
    """In place of the locks of a connection that one task at a time uses.

    Theirs yield to the event loop each time: of fifty calls that were answered at once,
    the first would be done hardly before the last.
    """

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...


_UNLOCKED = _Unlocked()


@cache
def _unused_context() -> ssl.SSLContext:
    """Return what httpx wants on plain http, too; with certificates it takes tens of
    milliseconds to make.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
