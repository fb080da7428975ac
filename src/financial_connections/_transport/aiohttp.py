"""A connection pool over aiohttp: faster than httpx, under asyncio only.

Only public interfaces of aiohttp and asyncio are used. The session does three things on
its own that must not happen here. It sends idempotent requests again when a connection
breaks, which a middleware prevents. It reuses a connection on which bytes have arrived
while it was idle, which the connector prevents. It warns when nobody closes it, which a
finalizer prevents.
"""

import asyncio
import math
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import aiohttp
import anyio
from sniffio import current_async_library
from yarl import URL

from financial_connections._request import request_sent
from financial_connections._settings import Timeout
from financial_connections._transport.aiohttp_connector import LEASE, Connector, Lease
from financial_connections._transport.aiohttp_faults import FAULTS, failure_from
from financial_connections._transport.closing import close_all
from financial_connections._transport.connections import IDLE_SECONDS, Slots
from financial_connections._transport.exchange import (
    Answer,
    AttemptFailedError,
    answer_from,
    proxy_for,
)
from financial_connections._transport.startup import Loader, tls_context
from financial_connections._transport.wire import Origin, WireRequest
from financial_connections.errors import ConfigurationError


class AiohttpPool:
    """Connections over aiohttp, at most `limit` at a time."""

    def __init__(self, limit: int) -> None:
        self.slots = _AsyncioSlots(limit)
        self._loader = Loader()
        self._origins: dict[Origin, _Sessions] = {}
        weakref.finalize(self, _abandon, self._origins)

    async def exchange(
        self, request: WireRequest, timeout: Timeout, expires_at: float
    ) -> Answer:
        await self._loader.load(tls=request.origin.scheme == "https")
        if self.slots.closed:
            raise AttemptFailedError("the client was closed", retryable=False)
        if request.origin not in self._origins:
            self._origins[request.origin] = _Sessions(request.origin)
        sessions = self._origins[request.origin]
        lease = Lease(sessions.connector.idle)
        leased = LEASE.set(lease)
        response: _Response | None = None
        is_over = False
        try:
            response = _Response(await sessions.send(request, timeout), lease)
            answer = await answer_from(response)
            is_over = answer.unreadable is None
            return answer  # noqa: TRY300 - `else` would come after `finally`
        except AttemptFailedError:  # of `_send_once`
            expires_at = -math.inf
            raise
        except FAULTS as error:
            failure = failure_from(error)
            expires_at = -math.inf
        finally:
            LEASE.reset(leased)
            if not is_over:
                if lease.is_reused and anyio.current_time() >= expires_at:
                    # The others have been idle for longer, so whatever broke this one
                    # has probably broken them too.
                    sessions.connector.drop_idle()
                await (response or lease).aclose()
        # Outside `except`, or the failure would keep aiohttp's error, which holds the
        # request and so the key.
        raise failure

    async def aclose(self) -> None:
        self.slots.closed = True
        if not self.slots.in_their_loop():
            _abandon(self._origins)
            return
        sessions = list(self._origins.values())
        self._origins.clear()
        await close_all(sessions)


class _AsyncioSlots(Slots):
    def check(self) -> None:
        if (library := current_async_library()) != "asyncio":
            raise ConfigurationError(
                f'transport="aiohttp" works under asyncio only, not under {library}'
            )
        super().check()


class _Sessions:
    """Two sessions over the same connections.

    One reports when a request has been sent, which costs a little on each.
    """

    def __init__(self, origin: Origin) -> None:
        self.loop = asyncio.get_running_loop()
        is_secured = origin.scheme == "https"
        proxy = proxy_for(origin.authority, with_socks=False) if is_secured else None
        self._proxy: dict[str, Any] = {}
        if proxy is not None:
            self._proxy = {
                "proxy": str(proxy.url),
                "proxy_headers": _proxy_headers(proxy),
            }
        self.connector = Connector(
            limit=0,
            ssl=tls_context() if is_secured else False,
            keepalive_timeout=IDLE_SECONDS,
        )
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(
            _on_headers_sent
        )  # of a GET: no body follows
        self.plain = _session(self.connector)
        self.reporting = _session(self.connector, trace_configs=[trace])

    async def send(
        self, request: WireRequest, timeout: Timeout
    ) -> aiohttp.ClientResponse:
        """Send the request once and return its response, the body unread."""
        session = self.reporting if request_sent.get() else self.plain
        return await session.request(
            request.method,
            URL(request.url, encoded=True),
            # Passed on without a name here, where a traceback with locals would show
            # the key.
            headers={
                name: text if isinstance(text, str) else text.decode()
                for name, text in request.headers.items()
            },
            data=request.content or None,
            allow_redirects=False,
            timeout=_time_limits(timeout),
            **self._proxy,
        )

    async def aclose(self) -> None:
        self.detach()
        await self.connector.close(abort_ssl=True)

    def detach(self) -> None:
        """Close the sessions and leave the connector open."""
        self.plain.detach()
        self.reporting.detach()


def _session(connector: "Connector", **settings: Any) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        auto_decompress=False,  # done here, within bounds
        cookie_jar=aiohttp.DummyCookieJar(),
        max_field_size=_LONGEST_HEADER,
        max_headers=_MOST_HEADERS,
        max_line_size=_LONGEST_HEADER,
        middlewares=(_send_once,),
        **settings,
    )


_LONGEST_HEADER, _MOST_HEADERS = 65_536, 1_000
"""h11, the parser of the other connection pools, takes 100 KiB in all."""


@lru_cache
def _time_limits(timeout: Timeout) -> aiohttp.ClientTimeout:
    """Limit only the time to connect, because the attempt as a whole is limited. By
    default, aiohttp rounds up.
    """
    return aiohttp.ClientTimeout(
        total=None, connect=timeout.connect, ceil_threshold=math.inf
    )


def _proxy_headers(proxy: Any) -> dict[str, str]:
    headers = dict(proxy.headers)
    if proxy.raw_auth:
        headers["Proxy-Authorization"] = aiohttp.encode_basic_auth(
            *(part.decode() for part in proxy.raw_auth)
        )
    return headers


async def _on_headers_sent(*_: object) -> None:
    if sent := request_sent.get():
        sent.set()


async def _send_once(
    request: aiohttp.ClientRequest,
    send: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]],
) -> aiohttp.ClientResponse:
    """Replace the errors after which the session would send the request a second time."""
    try:
        return await send(request)
    except FAULTS as error:
        failure = failure_from(error)
    raise failure


class _Response:
    """A response with the interface of httpx's, as far as `answer_from` uses it."""

    is_stream_consumed = False

    def __init__(self, response: aiohttp.ClientResponse, lease: "Lease") -> None:
        self.status_code = response.status
        self.headers = SimpleNamespace(
            raw=response.raw_headers, encoding=_encoding_of(response.raw_headers)
        )
        self.extensions: dict[str, Any] = {}
        self._response = response
        self._lease = lease

    @property
    def stream(self) -> AsyncIterator[bytes]:
        return aiter(self._response.content.iter_any())

    async def aclose(self) -> None:
        self._response.close()
        await self._lease.aclose()


def _encoding_of(headers: tuple[tuple[bytes, bytes], ...]) -> str:
    try:
        b"".join([part for pair in headers for part in pair]).decode()
    except UnicodeDecodeError:
        return "iso-8859-1"
    return "utf-8"


def _abandon(origins: dict[Origin, _Sessions]) -> None:
    """Close the connections in their own event loop, if it runs, from whichever thread
    this is called in.
    """
    while origins:
        _, sessions = origins.popitem()
        sessions.detach()
        with suppress(
            RuntimeError
        ):  # the event loop has ended, and its sockets with it
            sessions.loop.call_soon_threadsafe(_close_later, sessions.connector)


def _close_later(connector: Connector) -> None:
    task = asyncio.ensure_future(connector.close(abort_ssl=True))
    _CLOSING.add(task)
    task.add_done_callback(_CLOSING.discard)


_CLOSING: set["asyncio.Future[None]"] = set()
