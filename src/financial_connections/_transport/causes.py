"""Translate exceptions of HTTP libraries into `NoResponse`."""

import re
import socket
import ssl
from collections.abc import Iterator
from functools import cache
from typing import Any, TypeGuard

import anyio

from financial_connections._redact import sanitize
from financial_connections._transport.response import NoResponse

_QUOTED_BYTES = re.compile(r"(bytearray\()?\bb['\"].*", re.DOTALL)
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")
_STREAM_ERRORS = (anyio.ClosedResourceError, anyio.BrokenResourceError)

_HTTP_LIBRARIES = {"aiohttp", "h11", "httpcore", "httpcore2", "httpx", "httpx2"}
_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "dns"),
    (ConnectionRefusedError, "refused"),
    (ssl.SSLError, "tls"),
    (ConnectionError, "reset"),
    (anyio.BrokenResourceError, "reset"),
    (anyio.ClosedResourceError, "reset"),
    (anyio.EndOfStream, "reset"),
)


@cache
def transport_errors(library: Any) -> tuple[type[Exception], ...]:
    """Return the exceptions, other than bugs, that a request may fail with.

    The library's own exceptions are not enough: hooks on an injected client, and
    sockets that are closed elsewhere, can raise other errors.
    """
    return (
        library.HTTPError,
        library.InvalidURL,
        library.StreamError,
        library.CookieConflict,
        OSError,
        *_STREAM_ERRORS,
    )


def no_response_from(error: Exception, library: Any) -> NoResponse:
    """Describe an HTTP library's exception without keeping a reference to it.

    Args:
        error: One of `transport_errors(library)`.
        library: httpx, httpx2, or any object with exceptions of the same names.
    """
    chain = list(causes(error))
    timed_out = isinstance(error, library.TimeoutException)
    text = _text(chain) or ("timed out" if timed_out else "no details")
    is_transient = isinstance(error, (library.TransportError, OSError, *_STREAM_ERRORS))
    return NoResponse(
        f"{type(error).__name__}: {text}",
        timed_out=timed_out,
        retryable=is_transient
        and not isinstance(error, library.UnsupportedProtocol)
        and not any(isinstance(e, ssl.SSLCertVerificationError) for e in chain),
        reason="timeout" if timed_out else _reason(chain, library),
        cause=_system_cause(chain),
    )


def _system_cause(chain: list[BaseException]) -> OSError | None:
    """Return the system error in a chain.

    Returns:
        None if a hook raised it while handling an exception of an HTTP library, which
        refers to the request and its key.
    """
    cause = next((e for e in chain if _is_system_error(e)), None)
    libraries = {type(error).__module__.partition(".")[0] for error in causes(cause)}
    return None if libraries & _HTTP_LIBRARIES else cause


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Iterate over an exception and its causes, outermost first."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):  # one for each address of a host
            yield from causes(error.exceptions[-1])
        error = error.__cause__ or error.__context__


def _is_system_error(error: BaseException) -> TypeGuard[OSError]:
    # aiohttp's subclasses of OSError refer to the connection and its proxy.
    return isinstance(error, OSError) and type(error).__module__ in {
        "builtins",
        "socket",
        "ssl",
    }


def _text(chain: list[BaseException]) -> str:
    """Return the first message in the chain.

    Under trio, httpx's own errors have no message. Cancellation messages are skipped,
    because they contain the address of an anyio scope. Other addresses are removed
    because they differ each time, and quoted bytes because they may come from a
    response.
    """
    texts = (str(error) for error in chain if isinstance(error, Exception))
    text = next(filter(None, texts), "")
    return sanitize(_ADDRESS.sub("…", _QUOTED_BYTES.sub("…", text)))


def _reason(chain: list[BaseException], library: Any) -> str:
    """Return the cause as a value of `APIConnectionError.reason`."""
    for error_class, reason in _REASONS:
        if any(isinstance(error, error_class) for error in chain):
            return reason
    if isinstance(chain[0], library.ProxyError):
        return "proxy"
    if isinstance(chain[0], library.ProtocolError):
        # httpcore has no class for a server that disconnects before it responds.
        return "reset" if "disconnected" in str(chain[0]) else "protocol"
    return "network"
