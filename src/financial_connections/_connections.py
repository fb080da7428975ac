"""
One attempt over HTTP: the only module that touches httpx.

httpcore's pool scans all connections and all waiting requests on each call, leaks the slot of a request that
is cancelled while it waits or connects, and can hand an unasked-for answer to the next request. So the pool is
ours: lanes of one connection each, last in, first out, behind one fair limiter. A lane whose exchange did not end
cleanly is thrown away, and everything that could have gone wrong on it with it.
"""

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import anyio
from anyio.lowlevel import EventLoopToken, current_token

from financial_connections._body import read_body
from financial_connections._exchange import (
    Answer,
    answer_from,
    chain,
    failure_from,
    faults_of,
    prepared_request,
    proxy_for,
    tls_context,
)
from financial_connections._settings import Timeout
from financial_connections._wire import WireRequest
from financial_connections.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx
    import httpx_aiohttp

_IDLE_SECONDS = 30
"""How long an unused connection is kept."""

Origin = tuple[str, str]
"""Scheme and authority: what a connection leads to, and what decides on its TLS and its proxy."""


class Slots:
    """`async with` waits for one of so many slots, in one event loop, until they are closed. Fair."""

    def __init__(self, limit: int) -> None:
        self.closed = False
        self._free = anyio.Semaphore(limit, fast_acquire=True)
        self._loop: EventLoopToken | None = None

    def check(self) -> None:
        """Raise `ConfigurationError` when there is no slot to wait for."""
        if self.closed:
            raise ConfigurationError("the client is closed: make a new one")
        if not self.in_their_loop():
            raise ConfigurationError("the client was used in another event loop: make one in each loop")

    def in_their_loop(self) -> bool:
        """Sockets belong to the event loop that opened them; in another one they hang."""
        loop = current_token()
        self._loop = self._loop or loop
        return self._loop == loop

    async def __aenter__(self) -> None:
        self.check()
        await self._free.acquire()
        if self.closed:
            self._free.release()
            self.check()

    async def __aexit__(self, *_: object) -> None:
        self._free.release()


class Connections(Protocol):
    """Where requests go: connections of our own, or a client that the caller brought."""

    slots: Slots
    """Whoever makes an exchange holds one of them."""

    async def exchange(self, request: WireRequest, timeout: Timeout) -> Answer:  # noqa: ASYNC109 - for the sockets
        """Send once and return the answer, whatever its status. Raises `AttemptFailedError`."""
        ...

    async def aclose(self) -> None:
        """Close what was opened here, and nothing else."""
        ...


class Lanes:
    """Connections of our own, at most `limit` at a time."""

    def __init__(self, limit: int) -> None:
        self.slots = Slots(limit)
        self._idle: defaultdict[Origin, deque[tuple[httpx.AsyncHTTPTransport, float]]] = defaultdict(deque)

    async def exchange(self, request: WireRequest, timeout: Timeout) -> Answer:  # noqa: ASYNC109
        import httpx  # noqa: PLC0415 - loading it takes longer than all else

        origin = _origin_of(request)
        idle = self._idle[origin]
        lane = idle.pop()[0] if idle else _new_lane(origin)
        intact = False
        try:
            response = await lane.handle_async_request(prepared_request(request, timeout, httpx))
            content = await read_body(response)
            await response.aclose()
            intact = not _has_leftover(lane)
            return answer_from(response, content)
        except faults_of(httpx) as error:
            failure = failure_from(error, httpx)
        finally:
            # Shielded, or a cancelled call would leave its socket open.
            with anyio.CancelScope(shield=True):
                await self._put_back(lane, origin, intact=intact)
        # Outside `except`, or the failure would carry httpx's error, and that the request with the key.
        raise failure

    async def _put_back(self, lane: "httpx.AsyncHTTPTransport", origin: Origin, *, intact: bool) -> None:
        now = anyio.current_time()
        if intact and not self.slots.closed:
            self._idle[origin].append((lane, now))
        else:
            await lane.aclose()
        # Used last in, first out: those that nobody needs any more are at the other end.
        for idle in self._idle.values():
            while idle and idle[0][1] < now - _IDLE_SECONDS:
                await idle.popleft()[0].aclose()

    async def aclose(self) -> None:
        self.slots.closed = True
        lanes = [lane for idle in self._idle.values() for lane, _ in idle]
        self._idle.clear()
        if self.slots.in_their_loop():  # of another, dead loop they cannot be closed any more
            for lane in lanes:
                await lane.aclose()


class AiohttpPool:
    """Connections of aiohttp's, at most `limit` at a time: faster, and under asyncio only."""

    def __init__(self, limit: int) -> None:
        self.slots = Slots(limit)
        self._transports: dict[Origin, httpx_aiohttp.AiohttpTransport] = {}

    async def exchange(self, request: WireRequest, timeout: Timeout) -> Answer:  # noqa: ASYNC109
        import aiohttp  # noqa: PLC0415 - an extra
        import httpx  # noqa: PLC0415 - as above

        faults: tuple[type[Exception], ...] = (*faults_of(httpx), aiohttp.ClientError)
        origin = _origin_of(request)
        if origin not in self._transports:
            self._transports[origin] = _aiohttp_transport(origin)
        try:
            response = await self._transports[origin].handle_async_request(prepared_request(request, timeout, httpx))
            try:
                return answer_from(response, await read_body(response))
            finally:
                with anyio.CancelScope(shield=True):
                    await response.aclose()
        # Not all of aiohttp's errors are translated into httpx's, and some into time-outs that were none.
        except faults as error:
            failure = failure_from(error, httpx)
            failure.timed_out = any(isinstance(one, TimeoutError) for one in chain(error))
            failure.retryable = failure.retryable or isinstance(error, aiohttp.ClientResponseError)
        raise failure

    async def aclose(self) -> None:
        self.slots.closed = True
        while self._transports:
            _, transport = self._transports.popitem()
            await transport.aclose()


def _has_leftover(lane: Any) -> bool:
    """
    Return whether the server sent more than the answer: the next request on this connection would get it.

    No public interface tells. Where the privates are not as here, as in a mock, nothing is left over.
    """
    try:
        [connection] = lane._pool.connections
        return bool(connection._connection._h11_state.trailing_data[0])
    except (AttributeError, ValueError, TypeError):
        return False


def _origin_of(request: WireRequest) -> Origin:
    parts = urlsplit(request.url)
    return parts.scheme, parts.netloc


def _new_lane(origin: Origin) -> "httpx.AsyncHTTPTransport":
    import httpx  # noqa: PLC0415

    scheme, authority = origin
    return httpx.AsyncHTTPTransport(
        # A context takes tens of milliseconds to make, and plain http has no use for it.
        verify=tls_context() if scheme == "https" else False,
        proxy=proxy_for(authority) if scheme == "https" else None,
        limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_IDLE_SECONDS),
    )


def _aiohttp_transport(origin: Origin) -> "httpx_aiohttp.AiohttpTransport":
    import aiohttp  # noqa: PLC0415
    import httpx  # noqa: PLC0415
    import httpx_aiohttp  # noqa: PLC0415

    scheme, authority = origin
    tls = tls_context() if scheme == "https" else False
    proxy = proxy_for(authority) if scheme == "https" else None
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=tls, keepalive_timeout=_IDLE_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
    )
    return httpx_aiohttp.AiohttpTransport(verify=tls, proxy=httpx.Proxy(proxy) if proxy else None, client=session)
