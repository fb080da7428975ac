"""Choose the backend of a client."""

from importlib.util import find_spec
from typing import Any

from financial_connections._transport.backend import Backend
from financial_connections._transport.pool import ConnectionPool
from financial_connections.errors import ConfigurationError


def make_backend(
    transport: str, http_client: Any, limit: int, base_url: str
) -> Backend:
    """Return the backend for a client's settings.

    Args:
        transport: `"httpx"` or `"aiohttp"`.
        http_client: The injected client, or None.
        limit: Maximum number of concurrent requests.
        base_url: Base URL of the API.

    Raises:
        ConfigurationError: The backend is unknown, or its library is not installed.
    """
    if http_client is not None:
        return _injected(http_client, limit, base_url)
    if transport == "httpx":
        return ConnectionPool(limit)
    if transport != "aiohttp":
        raise ConfigurationError('transport must be "httpx" or "aiohttp"')
    if find_spec("aiohttp") is None:
        raise ConfigurationError(
            'transport="aiohttp" needs the extra financial-connections[aiohttp]'
        )
    # This module imports aiohttp.
    from financial_connections._transport.aiohttp import AiohttpBackend  # noqa: PLC0415

    return AiohttpBackend(limit)


def _injected(http_client: Any, limit: int, base_url: str) -> Backend:
    from financial_connections._transport.injected import (  # noqa: PLC0415 - seldom used
        InjectedClient,
        is_httpx_client,
    )

    if not is_httpx_client(http_client):
        raise ConfigurationError("http_client must be an httpx.AsyncClient")
    return InjectedClient(http_client, limit, base_url)
