"""The cause of a failed attempt, found in the exceptions of whichever HTTP library
raised them.
"""

import re
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import anyio

from financial_connections._redact import sanitize

_QUOTED_BYTES = re.compile(r"(bytearray\()?\bb['\"].*", re.DOTALL)
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")

_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "dns"),
    (ConnectionRefusedError, "refused"),
    (ssl.SSLError, "tls"),
    (ConnectionError, "reset"),
    (anyio.BrokenResourceError, "reset"),
    (anyio.ClosedResourceError, "reset"),
    (anyio.EndOfStream, "reset"),
)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Return an exception and those that it was raised from, or in the handling of."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):  # of the addresses of a host
            yield from chain(error.exceptions[-1])
        error = error.__cause__ or error.__context__


def text_of(error: Exception) -> str:
    """Return the first text in the chain, without what differs each time or quotes a
    response.

    Under trio, httpx's own errors have none. A cancellation's text is anyio's, with the
    address of a scope.
    """
    text = next(
        (str(one) for one in chain(error) if isinstance(one, Exception) and str(one)),
        "",
    )
    return sanitize(_ADDRESS.sub("…", _QUOTED_BYTES.sub("…", text)))


def reason_of(error: Exception, library: Any) -> str:
    """Return the cause in one of the words of `APIConnectionError.reason`."""
    for kind, reason in _REASONS:
        if any(isinstance(one, kind) for one in chain(error)):
            return reason
    if isinstance(error, library.ProxyError):
        return "proxy"
    if isinstance(error, library.ProtocolError):
        # httpcore has no class of its own for a server that hangs up before it
        # responds.
        return "reset" if "disconnected" in str(error) else "protocol"
    return "network"
