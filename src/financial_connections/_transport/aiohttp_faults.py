"""Faults of aiohttp, described as those of httpx are."""

from types import SimpleNamespace

import aiohttp

from financial_connections._transport import exchange
from financial_connections._transport.exchange import AttemptFailedError

FAULTS = (aiohttp.ClientError, OSError)

_AIOHTTP = SimpleNamespace(
    TransportError=aiohttp.ClientError,
    TimeoutException=TimeoutError,
    UnsupportedProtocol=aiohttp.InvalidURL,
    ProxyError=(aiohttp.ClientHttpProxyError, aiohttp.ClientProxyConnectionError),
    ProtocolError=(
        aiohttp.ClientResponseError,
        aiohttp.ClientPayloadError,
        aiohttp.ServerDisconnectedError,
    ),
)
"""aiohttp's exceptions under the names of httpx's."""


def failure_from(error: Exception) -> AttemptFailedError:
    """Describe a fault as it is described over httpx. Some of aiohttp's texts quote the
    response or say nothing.
    """
    text = None
    if isinstance(error, aiohttp.ServerDisconnectedError):
        error, text = (
            aiohttp.ServerDisconnectedError(),
            "the server disconnected without sending a response",
        )
    elif isinstance(error, aiohttp.ClientPayloadError):
        text = "the connection was closed before the end of the body"
    elif (
        isinstance(error, aiohttp.ClientConnectorError) and error.os_error.errno is None
    ):
        text = "the connection was closed during the TLS handshake"
    failure = exchange.failure_from(error, _AIOHTTP)
    if text is None:
        return failure
    reason = failure.reason
    if isinstance(error, aiohttp.ClientPayloadError) and "ConnectionResetError" in str(
        error
    ):
        reason = "reset"
    elif isinstance(error, aiohttp.ClientConnectorError):
        reason = "tls"
    return AttemptFailedError(
        f"{type(error).__name__}: {text}", retryable=failure.retryable, reason=reason
    )
