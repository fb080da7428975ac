"""
One attempt over HTTP: the only module that touches httpx.

httpcore's pool scans all connections and all waiting requests on each call, leaks the slot of a request that
is cancelled while it waits or connects, and can hand an unasked-for answer to the next request. So the pool is
ours: lanes of one connection each, last in, first out, behind one fair limiter. A lane whose exchange did not end
cleanly is thrown away, and everything that could have gone wrong on it with it.
"""

import ssl
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import cache, partial
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import anyio
from anyio.lowlevel import EventLoopToken, current_token
from attrs import field, frozen

from financial_connections._body import BodyError, read_body
from financial_connections._redact import printable
from financial_connections._request import request_sent
from financial_connections._settings import Timeout
from financial_connections._wire import WireRequest
from financial_connections.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

_IDLE_SECONDS = 30
"""How long an unused connection is kept."""


@frozen
class Answer:
    """What came back: the status, headers by lower-case name, and the body, decompressed."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)


class AttemptFailedError(Exception):
    """No answer came. Says why, and whether that was a time-out, and whether another attempt is worth it."""

    def __init__(self, message: str, *, timed_out: bool = False, retryable: bool = True) -> None:
        super().__init__(message)
        self.timed_out = timed_out
        self.retryable = retryable


class Connections(Protocol):
    """Where requests go: lanes of our own, or a client that the caller brought."""

    async def exchange(self, request: WireRequest, timeout: Timeout) -> Answer:  # noqa: ASYNC109 - for the sockets
        """Send once and return the answer, whatever its status. Raises `AttemptFailedError`."""
        ...

    async def aclose(self) -> None:
        """Close what was opened here, and nothing else."""
        ...


class Lanes:
    """Connections of our own, at most `limit` at a time."""

    def __init__(self, limit: int) -> None:
        self._limiter = anyio.Semaphore(limit, fast_acquire=True)
        self._idle: list[httpx.AsyncHTTPTransport] = []
        self._loop: EventLoopToken | None = None
        self._closed = False

    async def exchange(self, request: WireRequest, timeout: Timeout) -> Answer:  # noqa: ASYNC109
        import httpx  # noqa: PLC0415 - loading it takes longer than all else

        self._check_loop()
        prepared = _prepared(request, timeout, httpx)
        async with self._limiter:
            self._check_open()
            lane = self._idle.pop() if self._idle else _new_lane(request.url)
            intact = False
            try:
                response = await lane.handle_async_request(prepared)
                content = await read_body(response)
                await response.aclose()
                intact = not _has_leftover(lane)
                return _answer_from(response, content)
            except (httpx.RequestError, BodyError) as error:
                failure = _failure_from(error, httpx)
            finally:
                if intact and not self._closed:
                    self._idle.append(lane)
                else:
                    # Shielded, or a cancelled call would leave its socket open.
                    with anyio.CancelScope(shield=True):
                        await lane.aclose()
        # Outside `except`, or the failure would carry httpx's error, and that the request with the key.
        raise failure

    async def aclose(self) -> None:
        self._closed = True
        while self._idle:
            await self._idle.pop().aclose()

    def _check_open(self) -> None:
        if self._closed:
            raise ConfigurationError("the client is closed: make a new one")

    def _check_loop(self) -> None:
        """Sockets belong to the event loop that opened them; in another one they hang."""
        self._check_open()
        loop = current_token()
        if self._loop is None:
            self._loop = loop
        elif self._loop != loop:
            raise ConfigurationError("the client was used in another event loop: make one in each loop")


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
        prepared = _prepared(request, timeout, self._httpx)
        try:
            response = await self._client.send(prepared, auth=None, follow_redirects=False, stream=True)
            try:
                return _answer_from(response, await read_body(response))
            finally:
                with anyio.CancelScope(shield=True):
                    await response.aclose()
        except (self._httpx.RequestError, BodyError) as error:
            failure = _failure_from(error, self._httpx)
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


def _prepared(request: WireRequest, timeout: Timeout, library: Any) -> Any:
    total = timeout.seconds
    limits = {"connect": min(timeout.connect, total), "read": total, "write": total, "pool": total}
    extensions: dict[str, Any] = {"timeout": limits}
    sent = request_sent.get()
    if sent is not None:
        extensions["trace"] = partial(_on_trace, sent)
    prepared = library.Request(
        request.method, request.url, headers=request.headers, content=request.content, extensions=extensions
    )
    prepared.stream = _body_class(library)(request.content)
    return prepared


async def _on_trace(sent: anyio.Event, name: str, _: Any) -> None:
    if name.endswith("send_request_body.complete"):
        sent.set()


class _Once(AsyncIterator[bytes]):
    """An iterator over one chunk."""

    def __init__(self, content: bytes) -> None:
        self._left = [content] if content else []

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()


@cache
def _body_class(library: Any) -> Any:
    """
    Return the library's class of request bodies, less its async generator.

    A write that is cancelled would leave the generator to the garbage collector, at which trio complains.
    """

    class Body(library.ByteStream):  # type: ignore[misc]
        def __init__(self, content: bytes) -> None:
            super().__init__(content)
            self._content = content

        def __aiter__(self) -> AsyncIterator[bytes]:
            return _Once(self._content)

    return Body


def _answer_from(response: Any, content: bytes) -> Answer:
    headers: dict[str, str] = {}
    for name, value in response.headers.multi_items():
        # Joined as HTTP means it, so that a repeated `Retry-After` is no number.
        headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
    headers.pop("set-cookie", None)
    return Answer(response.status_code, headers, content)


def _failure_from(error: Exception, library: Any) -> AttemptFailedError:
    """Describe what went wrong: httpx's own error holds the request, and so the key."""
    text = _reason(error)
    if isinstance(error, BodyError):
        return AttemptFailedError(text, retryable=error.retryable)
    return AttemptFailedError(
        f"{type(error).__name__}: {text}",
        timed_out=isinstance(error, library.TimeoutException),
        retryable=isinstance(error, library.TransportError)
        and not isinstance(error, library.UnsupportedProtocol)
        and not _is_tls_refusal(error),
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _reason(error: Exception) -> str:
    """The text nearest to the surface: under trio, httpx's own errors have none."""
    return next((printable(str(one)) for one in _chain(error) if str(one)), "no details")


def _is_tls_refusal(error: Exception) -> bool:
    return any(isinstance(one, ssl.SSLCertVerificationError) for one in _chain(error))


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
        verify=_tls_context() if parts.scheme == "https" else False,
        proxy=_proxy_for(parts.hostname or "") if parts.scheme == "https" else None,
        limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_IDLE_SECONDS),
    )


@cache
def _tls_context() -> ssl.SSLContext:
    """Made once, and late: it takes tens of milliseconds."""
    import httpx  # noqa: PLC0415

    return httpx.create_ssl_context()


def _proxy_for(host: str) -> str | None:
    """Return the environment's proxy: `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`. Plain http goes to loopback only."""
    proxies = getproxies()
    proxy = proxies.get("https") or proxies.get("all")
    return None if proxy is None or proxy_bypass(host) else proxy
