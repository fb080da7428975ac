"""
One attempt over HTTP: the only module that touches httpx.

httpcore's pool scans all connections and all waiting requests on each call, leaks the slot of a request that
is cancelled while it waits or connects, and can hand an unasked-for answer to the next request. So the pool is
ours: lanes of one connection each, last in, first out, behind one fair limiter. A lane whose exchange did not end
cleanly is thrown away, and everything that could have gone wrong on it with it.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import anyio
from anyio.lowlevel import EventLoopToken, current_token

from financial_connections._body import BodyError, read_body
from financial_connections._exchange import (
    Answer,
    answer_from,
    chain,
    failure_from,
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


class Connections(Protocol):
    """Where requests go: lanes of our own, or a client that the caller brought."""

    async def exchange(self, request: WireRequest, timeout: Timeout) -> Answer:  # noqa: ASYNC109 - for the sockets
        """Send once and return the answer, whatever its status. Raises `AttemptFailedError`."""
        ...

    async def aclose(self) -> None:
        """Close what was opened here, and nothing else."""
        ...


class _Guard:
    """Lets at most so many calls through at once, in one event loop, until it is closed."""

    def __init__(self, limit: int) -> None:
        self.closed = False
        self._limiter = anyio.Semaphore(limit, fast_acquire=True)
        self._loop: EventLoopToken | None = None

    async def __aenter__(self) -> None:
        # Sockets belong to the event loop that opened them; in another one they hang.
        loop = current_token()
        self._loop = self._loop or loop
        self._check_open()
        if self._loop != loop:
            raise ConfigurationError("the client was used in another event loop: make one in each loop")
        await self._limiter.acquire()
        if self.closed:
            self._limiter.release()
            self._check_open()

    async def __aexit__(self, *_: object) -> None:
        self._limiter.release()

    def _check_open(self) -> None:
        if self.closed:
            raise ConfigurationError("the client is closed: make a new one")


class Lanes:
    """Connections of our own, at most `limit` at a time."""

    def __init__(self, limit: int) -> None:
        self._guard = _Guard(limit)
        self._idle: list[httpx.AsyncHTTPTransport] = []

    async def exchange(self, request: WireRequest, timeout: Timeout) -> Answer:  # noqa: ASYNC109
        import httpx  # noqa: PLC0415 - loading it takes longer than all else

        prepared = prepared_request(request, timeout, httpx)
        async with self._guard:
            lane = self._idle.pop() if self._idle else _new_lane(request.url)
            intact = False
            try:
                response = await lane.handle_async_request(prepared)
                content = await read_body(response)
                await response.aclose()
                intact = not _has_leftover(lane)
                return answer_from(response, content)
            except (httpx.RequestError, BodyError) as error:
                failure = failure_from(error, httpx)
            finally:
                if intact and not self._guard.closed:
                    self._idle.append(lane)
                else:
                    # Shielded, or a cancelled call would leave its socket open.
                    with anyio.CancelScope(shield=True):
                        await lane.aclose()
        # Outside `except`, or the failure would carry httpx's error, and that the request with the key.
        raise failure

    async def aclose(self) -> None:
        self._guard.closed = True
        while self._idle:
            await self._idle.pop().aclose()


class AiohttpPool:
    """Connections of aiohttp's, at most `limit` at a time: faster, and under asyncio only."""

    def __init__(self, limit: int) -> None:
        self._guard = _Guard(limit)
        self._transport: httpx_aiohttp.AiohttpTransport | None = None

    async def exchange(self, request: WireRequest, timeout: Timeout) -> Answer:  # noqa: ASYNC109
        import aiohttp  # noqa: PLC0415 - an extra
        import httpx  # noqa: PLC0415 - as above

        async with self._guard:
            if self._transport is None:
                self._transport = _aiohttp_transport(request.url)
            try:
                response = await self._transport.handle_async_request(prepared_request(request, timeout, httpx))
                try:
                    return answer_from(response, await read_body(response))
                finally:
                    with anyio.CancelScope(shield=True):
                        await response.aclose()
            # Not all of aiohttp's errors are translated into httpx's, and some into time-outs that were none.
            except (httpx.RequestError, aiohttp.ClientError, TimeoutError, BodyError) as error:
                failure = failure_from(error, httpx)
                failure.timed_out = any(isinstance(one, TimeoutError) for one in chain(error))
                failure.retryable = failure.retryable or isinstance(error, aiohttp.ClientResponseError)
        raise failure

    async def aclose(self) -> None:
        self._guard.closed = True
        if self._transport is not None:
            await self._transport.aclose()


class CallersClient:
    """A client that the caller brought: used, never changed, never closed."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._httpx = _library_of(client)

    async def exchange(self, request: WireRequest, timeout: Timeout) -> Answer:  # noqa: ASYNC109
        if self._client.is_closed:
            raise ConfigurationError("http_client is closed")
        # A request of our own making: the client's base URL, headers, parameters, cookies and auth are for its
        # owner's calls, and would mix with ours.
        prepared = prepared_request(request, timeout, self._httpx)
        try:
            response = await self._client.send(prepared, auth=None, follow_redirects=False, stream=True)
            try:
                return answer_from(response, await read_body(response))
            finally:
                with anyio.CancelScope(shield=True):
                    await response.aclose()
        except (self._httpx.RequestError, BodyError) as error:
            failure = failure_from(error, self._httpx)
        raise failure

    async def aclose(self) -> None:
        pass


def is_httpx_client(value: object) -> bool:
    """Return whether `value` is an `AsyncClient` of httpx or of httpx2, its successor."""
    return any(c.__name__ == "AsyncClient" and c.__module__.split(".")[0] in _LIBRARIES for c in type(value).__mro__)


_LIBRARIES = {"httpx", "httpx2"}


def _library_of(client: object) -> ModuleType:
    owner = next(c for c in type(client).__mro__ if c.__name__ == "AsyncClient")
    return sys.modules[owner.__module__.partition(".")[0]]


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


def _new_lane(url: str) -> "httpx.AsyncHTTPTransport":
    import httpx  # noqa: PLC0415

    parts = urlsplit(url)
    return httpx.AsyncHTTPTransport(
        verify=tls_context() if parts.scheme == "https" else False,
        proxy=proxy_for(parts.hostname or "") if parts.scheme == "https" else None,
        limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_IDLE_SECONDS),
    )


def _aiohttp_transport(url: str) -> "httpx_aiohttp.AiohttpTransport":
    import aiohttp  # noqa: PLC0415
    import httpx  # noqa: PLC0415
    import httpx_aiohttp  # noqa: PLC0415

    parts = urlsplit(url)
    tls = tls_context() if parts.scheme == "https" else False
    proxy = proxy_for(parts.hostname or "") if parts.scheme == "https" else None
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=tls, keepalive_timeout=_IDLE_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
    )
    return httpx_aiohttp.AiohttpTransport(verify=tls, proxy=httpx.Proxy(proxy) if proxy else None, client=session)
