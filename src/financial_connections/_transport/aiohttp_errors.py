"""Translate the exceptions of aiohttp into `NoResponse`, as those of httpx are."""

from types import SimpleNamespace

import aiohttp
from attrs import evolve

from financial_connections._transport import causes
from financial_connections._transport.response import NoResponse

TRANSPORT_ERRORS = (aiohttp.ClientError, OSError)

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
"""The exceptions of aiohttp under the names of httpx's."""


def no_response_from(error: Exception) -> NoResponse:
    """Describe an exception of aiohttp in the same words as one of httpx.

    Some messages of aiohttp quote the response or are empty; they are replaced.
    """
    if isinstance(error, aiohttp.ServerDisconnectedError):
        # The error itself has the start of the response as its text.
        described = causes.no_response_from(aiohttp.ServerDisconnectedError(), _AIOHTTP)
        text = "the server disconnected without sending a response"
    elif isinstance(error, aiohttp.ClientPayloadError):
        described = causes.no_response_from(error, _AIOHTTP)
        text = "the connection was closed before the end of the body"
        if "ConnectionResetError" in str(error):
            described = evolve(described, reason="reset")
    elif (
        isinstance(error, aiohttp.ClientConnectorError) and error.os_error.errno is None
    ):
        described = evolve(causes.no_response_from(error, _AIOHTTP), reason="tls")
        text = "the connection was closed during the TLS handshake"
    else:
        return causes.no_response_from(error, _AIOHTTP)
    return evolve(described, message=f"{type(error).__name__}: {text}")
