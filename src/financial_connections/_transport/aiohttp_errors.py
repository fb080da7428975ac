"""Translate aiohttp's exceptions into `NoResponse`, in line with httpx's."""

from types import SimpleNamespace

import aiohttp
from aiohttp.http import HttpProcessingError
from attrs import evolve

from financial_connections._transport import causes
from financial_connections._transport.response import NoResponse

TRANSPORT_ERRORS = (aiohttp.ClientError, HttpProcessingError, OSError)

_AIOHTTP = SimpleNamespace(
    TransportError=(aiohttp.ClientError, HttpProcessingError),
    TimeoutException=TimeoutError,
    UnsupportedProtocol=aiohttp.InvalidURL,
    ProxyError=(aiohttp.ClientHttpProxyError, aiohttp.ClientProxyConnectionError),
    ProtocolError=(
        HttpProcessingError,
        aiohttp.ClientPayloadError,
        aiohttp.ServerDisconnectedError,
    ),
)
"""aiohttp's exceptions under the names that httpx uses."""


def no_response_from(error: Exception) -> NoResponse:
    """Describe an aiohttp exception in the same terms as an httpx exception.

    Messages of aiohttp that are empty or quote the response are replaced.
    """
    if isinstance(error, aiohttp.ServerDisconnectedError):
        # The message of the original error is the start of the response.
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
