"""What an exchange over HTTP has in common, whichever library's connections it goes over."""

import re
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import cache, partial
from typing import Any
from urllib.request import getproxies, proxy_bypass

import anyio
from attrs import field, frozen

from financial_connections._body import BodyError
from financial_connections._redact import printable
from financial_connections._request import request_sent
from financial_connections._settings import Timeout
from financial_connections._wire import WireRequest

_QUOTED_BYTES = re.compile(r"(bytearray\()?\bb['\"].*", re.DOTALL)


@frozen
class Answer:
    """What came back: the status, headers by lower-case name, and the body, decompressed."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)

    @property
    def request_id(self) -> str | None:
        """Stripe's id of the request, fit to print."""
        said = self.headers.get("request-id")
        return printable(said, 100) if said else None


class AttemptFailedError(Exception):
    """No answer came. Says why, and whether that was a time-out, and whether another attempt is worth it."""

    def __init__(self, message: str, *, timed_out: bool = False, retryable: bool = True) -> None:
        super().__init__(message)
        self.timed_out = timed_out
        self.retryable = retryable


def prepared_request(request: WireRequest, timeout: Timeout, library: Any) -> Any:
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


def answer_from(response: Any, content: bytes) -> Answer:
    headers: dict[str, str] = {}
    for name, value in response.headers.multi_items():
        # Joined as HTTP means it, so that a repeated `Retry-After` is no number.
        headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
    headers.pop("set-cookie", None)
    return Answer(response.status_code, headers, content)


def faults_of(library: Any) -> tuple[type[Exception], ...]:
    """
    Return all that an exchange may fail with that is nobody's programming error.

    More than httpx's own: hooks of a caller's client, and sockets closed elsewhere, raise what they like.
    """
    return _faults_of(library)


@cache
def _faults_of(library: Any) -> tuple[type[Exception], ...]:
    theirs = (library.HTTPError, library.InvalidURL, library.StreamError, library.CookieConflict)
    return (*theirs, OSError, anyio.ClosedResourceError, anyio.BrokenResourceError, BodyError)


def failure_from(error: Exception, library: Any) -> AttemptFailedError:
    """Describe what went wrong: httpx's own error holds the request, and so the key."""
    text = _reason(error)
    if isinstance(error, BodyError):
        return AttemptFailedError(text, retryable=error.retryable)
    return AttemptFailedError(
        f"{type(error).__name__}: {text}",
        timed_out=isinstance(error, library.TimeoutException),
        retryable=isinstance(
            error, library.TransportError | OSError | anyio.ClosedResourceError | anyio.BrokenResourceError
        )
        and not isinstance(error, library.UnsupportedProtocol)
        and not _is_tls_refusal(error),
    )


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _reason(error: Exception) -> str:
    """The text nearest to the surface: under trio, httpx's own errors have none. What it quotes of an answer goes."""
    text = next((str(one) for one in chain(error) if str(one)), "no details")
    return printable(_QUOTED_BYTES.sub("…", text))


def _is_tls_refusal(error: Exception) -> bool:
    return any(isinstance(one, ssl.SSLCertVerificationError) for one in chain(error))


@cache
def tls_context() -> ssl.SSLContext:
    """Made once, and late: it takes tens of milliseconds."""
    import httpx  # noqa: PLC0415

    return httpx.create_ssl_context()


def proxy_for(host: str) -> str | None:
    """Return the environment's proxy for https: `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`."""
    proxies = getproxies()
    proxy = proxies.get("https") or proxies.get("all")
    return None if proxy is None or proxy_bypass(host) else proxy
