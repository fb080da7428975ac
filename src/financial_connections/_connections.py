"""
One attempt over HTTP: the only module that touches httpx.

httpcore's pool scans all connections and all waiting requests on each call, leaks the slot of a request that
is cancelled while it waits or connects, and can hand an answer to the wrong request. So the pool is ours: lanes
of one connection each, last in, first out, behind one limiter. A lane whose request was cancelled or failed is
thrown away, and everything that could have gone wrong on it with it.
"""

import ssl
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import anyio
from attrs import field, frozen

from financial_connections._redact import printable
from financial_connections._settings import Timeout
from financial_connections._wire import WireRequest

if TYPE_CHECKING:
    import httpx


@frozen
class Answer:
    """What came back: the status, headers by lower-case name, and the body, decompressed."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)


class AttemptFailedError(Exception):
    """No answer came. Says why, and whether that was a time-out, and whether another attempt is worth it."""

    def __init__(self, message: str, *, timed_out: bool, retryable: bool) -> None:
        super().__init__(message)
        self.timed_out = timed_out
        self.retryable = retryable


class Connections(Protocol):
    """Where requests go: lanes of our own, or a client that the caller brought."""

    async def exchange(self, request: WireRequest, timeout: Timeout) -> Answer:  # noqa: ASYNC109 - per operation
        """Send once and return the answer, whatever its status. Raises `AttemptFailedError`."""
        ...

    async def aclose(self) -> None:
        """Close what was opened here, and nothing else."""
        ...


class Lanes:
    """Connections of our own, at most `limit` at a time."""

    def __init__(self, limit: int) -> None:
        self._limiter = anyio.Semaphore(limit)
        self._idle: list[httpx.AsyncHTTPTransport] = []
        self._closed = False

    async def exchange(self, request: WireRequest, timeout: Timeout) -> Answer:  # noqa: ASYNC109
        import httpx  # noqa: PLC0415 - loading it takes longer than all else

        prepared = httpx.Request(
            request.method,
            request.url,
            headers=request.headers,
            content=request.content,
            extensions={"timeout": _timeout_extension(timeout)},
        )
        async with self._limiter:
            lane = self._idle.pop() if self._idle else _new_lane(request.url)
            intact = False
            try:
                response = await lane.handle_async_request(prepared)
                content = await response.aread()
                await response.aclose()
                intact = True
                return _answer_from(response, content)
            except httpx.RequestError as error:
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


class CallersClient:
    """A client that the caller brought: used, never changed, never closed."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._httpx = _library_of(client)

    async def exchange(self, request: WireRequest, timeout: Timeout) -> Answer:  # noqa: ASYNC109
        # A request of our own making: the client's base URL, headers, parameters and auth are for its
        # owner's calls, and would mix with ours.
        prepared = self._httpx.Request(
            request.method,
            request.url,
            headers=request.headers,
            content=request.content,
            extensions={"timeout": _timeout_extension(timeout)},
        )
        try:
            response = await self._client.send(prepared, auth=None, follow_redirects=False)
            return _answer_from(response, response.content)
        except self._httpx.RequestError as error:
            failure = _failure_from(error, self._httpx)
        raise failure

    async def aclose(self) -> None:
        pass


def is_httpx_client(value: object) -> bool:
    """Return whether `value` is an `AsyncClient` of httpx or of one of its successors."""
    return any(c.__name__ == "AsyncClient" and c.__module__.startswith("httpx") for c in type(value).__mro__)


def _library_of(client: object) -> ModuleType:
    import sys  # noqa: PLC0415

    owner = next(c for c in type(client).__mro__ if c.__name__ == "AsyncClient")
    return sys.modules[owner.__module__.partition(".")[0]]


def _answer_from(response: Any, content: bytes) -> Answer:
    headers: dict[str, str] = {}
    for name, value in response.headers.multi_items():
        headers.setdefault(name.lower(), value)
    headers.pop("set-cookie", None)
    return Answer(response.status_code, headers, content)


def _timeout_extension(timeout: Timeout) -> dict[str, float]:
    total = timeout.seconds
    return {"connect": min(timeout.connect, total), "read": total, "write": total, "pool": total}


def _failure_from(error: Exception, library: Any) -> AttemptFailedError:
    """Describe what httpx raised: its own error holds the request, and so the key."""
    text = printable(str(error)) or "no details"
    is_ours = isinstance(error, library.UnsupportedProtocol | library.TooManyRedirects)
    return AttemptFailedError(
        f"{type(error).__name__}: {text}",
        timed_out=isinstance(error, library.TimeoutException),
        retryable=not is_ours and not _is_tls_refusal(error),
    )


def _is_tls_refusal(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _new_lane(url: str) -> "httpx.AsyncHTTPTransport":
    import httpx  # noqa: PLC0415

    parts = urlsplit(url)
    return httpx.AsyncHTTPTransport(
        verify=_tls_context() if parts.scheme == "https" else False,
        proxy=_proxy_for(parts.scheme, parts.hostname or ""),
        limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=30),
    )


@cache
def _tls_context() -> ssl.SSLContext:
    """Made once, and late: it takes tens of milliseconds."""
    import httpx  # noqa: PLC0415

    return httpx.create_ssl_context()


def _proxy_for(scheme: str, host: str) -> str | None:
    """Return the environment's proxy (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), as httpx's own client does."""
    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    return None if proxy is None or proxy_bypass(host) else proxy
