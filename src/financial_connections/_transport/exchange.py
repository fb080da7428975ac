"""Build requests and read responses, independently of the HTTP library."""

import re
import ssl
from collections.abc import AsyncIterator, Mapping
from functools import cache, cached_property, lru_cache, partial
from importlib.util import find_spec
from typing import Any

import anyio
from attrs import evolve, field, frozen

from financial_connections._redact import sanitize
from financial_connections._request import request_sent
from financial_connections._settings import Secret, Timeout
from financial_connections._transport.body import BodyError, read_body
from financial_connections._transport.causes import chain, reason_of, text_of
from financial_connections._transport.wire import WireRequest
from financial_connections.errors import ConfigurationError

_REQUEST_ID = re.compile(r"req_[A-Za-z0-9]{1,90}")


@frozen
class Answer:
    """A response: the status, the headers by lower-case name, and the decompressed
    body.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    request_id: str | None
    """Stripe's id of the request, fit to print."""
    unreadable: str | None = None
    """Why the body could not be read or decompressed. `content` is empty then."""
    retryable: bool = True
    """True if the body of another response to the same request may be readable."""


class AttemptFailedError(Exception):
    """An attempt got no response. `reason` is a word of `APIConnectionError.reason`."""

    def __init__(
        self,
        message: str,
        *,
        timed_out: bool = False,
        retryable: bool = True,
        reason: str | None = None,
    ) -> None:
        super().__init__(message)
        self.timed_out = timed_out
        self.retryable = retryable
        self.reason = reason


def prepared_request(request: WireRequest, timeout: Timeout, library: Any) -> Any:
    """Return the library's request. Of the time-outs only the one to connect: the
    attempt as a whole is bounded.
    """
    extensions: dict[str, Any] = {
        "timeout": {"connect": min(timeout.connect, timeout.seconds)}
    }
    sent = request_sent.get()
    if sent is not None:
        extensions["trace"] = partial(_on_trace, sent)
    base = _base_url(library, request.base_url)
    # A stream of our own keeps the library from adding headers, which takes it as long
    # as all the rest.
    stream = _body_class(library)(request.content)
    prepared = library.Request(
        request.method,
        base,
        headers=request.headers,
        stream=stream,
        extensions=extensions,
    )
    prepared.url = _url_class(library)(base, f"{request.path}{request.query}")
    prepared.read()
    return prepared


@lru_cache
def _base_url(library: Any, base_url: str) -> Any:
    return library.URL(base_url)


@cache
def _url_class(library: Any) -> Any:
    """Return the library's class of URLs, less its parser.

    Transports want parts that are at hand; taking a URL to pieces and checking each is
    a tenth of a call over aiohttp. Whoever wants more of it, a mock or a hook, gets it
    parsed then.
    """

    class URL(library.URL):  # type: ignore[misc]
        def __init__(self, base: Any, target: str) -> None:
            self._base = base
            self._target = target

        @cached_property
        def _uri_reference(self) -> Any:
            return library.URL(str(self))._uri_reference

        @property
        def raw_scheme(self) -> bytes:
            return self._base.raw_scheme  # type: ignore[no-any-return]

        @property
        def raw_host(self) -> bytes:
            return self._base.raw_host  # type: ignore[no-any-return]

        @property
        def port(self) -> int | None:
            return self._base.port  # type: ignore[no-any-return]

        @property
        def raw_path(self) -> bytes:
            return self._base.raw_path.rstrip(b"/") + self._target.encode()  # type: ignore[no-any-return]

        def __str__(self) -> str:
            return str(self._base).rstrip("/") + self._target

        def __reduce__(self) -> tuple[Any, ...]:
            return library.URL, (str(self),)

    return URL


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
    """Return the library's class of request bodies, less its async generator.

    A write that is cancelled would leave the generator to the garbage collector, at
    which trio complains.
    """

    class Body(library.ByteStream):  # type: ignore[misc]
        def __init__(self, content: bytes) -> None:
            super().__init__(content)
            self._content = content

        def __aiter__(self) -> AsyncIterator[bytes]:
            return _Once(self._content)

    return Body


async def answer_from(response: Any) -> Answer:
    """Return the response, its body read to the end.

    If the body cannot be read, the connection is cut, and the status and the headers
    are returned without it.
    """
    headers = _headers_of(response)
    try:
        content = await read_body(response, headers.get("content-encoding", "identity"))
    except BodyError as error:
        fault = error
    else:
        return _answer(response, headers, content)
    with anyio.CancelScope(shield=True):
        await response.aclose()
    return evolve(
        _answer(response, headers, b""),
        unreadable=str(fault),
        retryable=fault.retryable,
    )


def answer_without_body(response: Any) -> Answer:
    """Return a response whose body somebody else closed unread."""
    return _answer(response, _headers_of(response), b"")


def _answer(response: Any, headers: dict[str, str], content: bytes) -> Answer:
    request_id = headers.get("request-id") or None
    if request_id and not _REQUEST_ID.fullmatch(request_id):
        request_id = sanitize(request_id, 100)
    return Answer(response.status_code, headers, content, request_id)


def _headers_of(response: Any) -> dict[str, str]:
    encoding = response.headers.encoding
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers.raw:
        name, value = raw_name.decode(encoding).lower(), raw_value.decode(encoding)
        # Joined as HTTP means it, so that a repeated `Retry-After` is no number.
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    headers.pop("set-cookie", None)
    return headers


def faults_of(library: Any) -> tuple[type[Exception], ...]:
    """Return all that an exchange may fail with that is nobody's programming error.

    More than httpx's own: hooks of a caller's client, and sockets closed elsewhere,
    raise what they like.
    """
    return _faults_of(library)


@cache
def _faults_of(library: Any) -> tuple[type[Exception], ...]:
    theirs = (
        library.HTTPError,
        library.InvalidURL,
        library.StreamError,
        library.CookieConflict,
    )
    return (*theirs, OSError, anyio.ClosedResourceError, anyio.BrokenResourceError)


def failure_from(error: Exception, library: Any) -> AttemptFailedError:
    """Describe a fault without keeping it, because httpx's errors hold the request and
    so the key.
    """
    timed_out = isinstance(error, library.TimeoutException)
    return AttemptFailedError(
        f"{type(error).__name__}: {text_of(error) or ('it took too long' if timed_out else 'no details')}",
        timed_out=timed_out,
        retryable=isinstance(
            error,
            library.TransportError
            | OSError
            | anyio.ClosedResourceError
            | anyio.BrokenResourceError,
        )
        and not isinstance(error, library.UnsupportedProtocol)
        and not any(
            isinstance(one, ssl.SSLCertVerificationError) for one in chain(error)
        ),
        reason="timeout" if timed_out else reason_of(error, library),
    )


def proxy_for(host: str, *, with_socks: bool) -> Any:
    """Return the environment's `httpx.Proxy` for https, of `HTTPS_PROXY`, `ALL_PROXY`,
    `NO_PROXY`; or None.

    Raises `ConfigurationError`.
    """
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - it loads an HTTP client of its own

    import httpx  # noqa: PLC0415 - as late as everywhere

    proxies = Secret(getproxies())
    found = Secret(proxies.reveal().get("https") or proxies.reveal().get("all"))
    if not found.reveal() or proxy_bypass(host):
        return None
    try:
        proxy = httpx.Proxy(
            found.reveal() if "://" in found.reveal() else f"http://{found.reveal()}"
        )
    except (ValueError, httpx.InvalidURL):
        proxy = None
    # Outside `except`: the error has the URL in it, and that may have a password.
    if proxy is None or (proxy.url.scheme.startswith("socks") and not with_socks):
        schemes = "http, https, socks5 or socks5h" if with_socks else "http or https"
        raise ConfigurationError(
            f"the proxy in HTTPS_PROXY or ALL_PROXY must be a URL of {schemes}"
        )
    if proxy.url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigurationError("a socks proxy needs: pip install 'httpx[socks]'")
    return proxy
