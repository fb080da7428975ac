"""An aiohttp session that sends each request exactly once."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

import aiohttp
from yarl import URL

from financial_connections._settings import Timeout
from financial_connections._transport.aiohttp_connector import Connector
from financial_connections._transport.aiohttp_errors import (
    TRANSPORT_ERRORS,
    no_response_from,
)
from financial_connections._transport.backend import IDLE_SECONDS
from financial_connections._transport.proxy import environment_proxy
from financial_connections._transport.response import NoResponse
from financial_connections._transport.startup import tls_context
from financial_connections._transport.wire import Origin, WireRequest

_MAX_HEADER_SIZE, _MAX_HEADERS = 65_536, 1_000
"""h11, the parser of the other backends, accepts 100 KiB in total."""


class Session:
    """An aiohttp session and its connections to one origin."""

    def __init__(self, origin: Origin) -> None:
        self.loop = asyncio.get_running_loop()
        is_https = origin.scheme == "https"
        proxy = (
            environment_proxy(origin.authority, with_socks=False) if is_https else None
        )
        self._proxy: dict[str, Any] = {}
        if proxy is not None:
            self._proxy = {
                "proxy": str(proxy.url),
                "proxy_headers": _proxy_headers(proxy),
            }
        self.connector = Connector(
            limit=0,
            ssl=tls_context() if is_https else False,
            keepalive_timeout=IDLE_SECONDS,
        )
        self._session = _session(self.connector)

    async def send(
        self, request: WireRequest, limits: Timeout
    ) -> aiohttp.ClientResponse:
        """Send the request once and return the response with its body unread."""
        headers = {
            name: value if isinstance(value, str) else value.decode()
            for name, value in request.headers.items()
        }
        return await self._session.request(
            request.method,
            URL(request.url, encoded=True),
            headers=headers,
            data=request.content or None,
            allow_redirects=False,
            timeout=_client_timeout(limits),
            **self._proxy,
        )

    async def aclose(self) -> None:
        self.detach()
        await self.connector.close(abort_ssl=True)

    def detach(self) -> None:
        """Close the session but leave the connector open."""
        self._session.detach()


def _session(connector: Connector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        auto_decompress=False,  # `read_body` does, and limits the size
        cookie_jar=aiohttp.DummyCookieJar(),
        max_field_size=_MAX_HEADER_SIZE,
        max_headers=_MAX_HEADERS,
        max_line_size=_MAX_HEADER_SIZE,
        middlewares=(_send_once,),
    )


@lru_cache
def _client_timeout(limits: Timeout) -> aiohttp.ClientTimeout:
    """Return a connect timeout only: the caller limits the attempt as a whole."""
    # By default, aiohttp rounds longer limits up to whole seconds.
    return aiohttp.ClientTimeout(
        total=None, connect=limits.connect, ceil_threshold=math.inf
    )


def _proxy_headers(proxy: Any) -> dict[str, str]:
    headers = dict(proxy.headers)
    if proxy.raw_auth:
        headers["Proxy-Authorization"] = aiohttp.encode_basic_auth(
            *(part.decode() for part in proxy.raw_auth)
        )
    return headers


class SendError(Exception):
    """Carries a `NoResponse` through the session, which retries on aiohttp's errors."""

    def __init__(self, result: NoResponse) -> None:
        super().__init__(result.message)
        self.result = result


async def _send_once(
    request: aiohttp.ClientRequest,
    send: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]],
) -> aiohttp.ClientResponse:
    """Keep the session from sending the request a second time."""
    try:
        return await send(request)
    except TRANSPORT_ERRORS as error:
        raise SendError(no_response_from(error)) from error
