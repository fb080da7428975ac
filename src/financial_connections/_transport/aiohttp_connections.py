"""aiohttp connections to one origin, each of which sends one request at a time.

By default, aiohttp does two things that would be wrong here:

* It reuses connections that received data while they were idle, and would take that
  data for the response to the next request. A `_Guard` prevents this.
* It warns about connectors that are not closed. A finalizer of the backend closes the
  connections instead.
"""

import asyncio
import math
import select
from contextlib import AsyncExitStack
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Any

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from financial_connections._settings import Timeout
from financial_connections._transport.backend import IDLE_SECONDS
from financial_connections._transport.body import Interruptible
from financial_connections._transport.coding import BodyError, new_body
from financial_connections._transport.proxy import environment_proxy
from financial_connections._transport.response import (
    Response,
    content_coding,
    decode_headers,
    request_id_from,
    unreadable_response,
)
from financial_connections._transport.startup import tls_context
from financial_connections._transport.wire import Origin, WireRequest, encode_message

_MAX_HEADER_SIZE, _MAX_HEADERS = 65_536, 1_000
"""h11, the parser of the other backends, accepts 100 KiB in total."""


class Connections:
    """The connections to an origin."""

    def __init__(self, origin: Origin) -> None:
        self.loop = asyncio.get_running_loop()
        self._idle: set[_Guard] = set()
        is_https = origin.scheme == "https"
        self._connector = _Connector(
            limit=0,
            ssl=tls_context() if is_https else False,
            keepalive_timeout=IDLE_SECONDS,
        )
        # The connector reads the address and the proxy from a request.
        self._request = aiohttp.ClientRequest(
            "GET",
            URL(f"{origin.scheme}://{origin.authority}", encoded=True),
            loop=self.loop,
            **(_proxy_settings(origin) if is_https else {}),
        )

    async def acquire(self, limits: Timeout) -> "Lease":
        """Return a pooled or new connection that has received no data while idle."""
        while True:
            try:
                connection = await self._connector.connect(
                    self._request, [], _client_timeout(limits)
                )
            except TimeoutError as error:
                raise aiohttp.ConnectionTimeoutError("connecting timed out") from error
            lease = Lease(connection, self._idle)
            if lease.is_clean:
                return lease
            connection.close()

    def drop_idle(self) -> None:
        """Abort all idle connections."""
        while self._idle:
            self._idle.pop().abort()

    async def aclose(self) -> None:
        await self._connector.close(abort_ssl=True)


class _Connector(aiohttp.TCPConnector):
    def __del__(self, *_: Any) -> None:
        """Suppress aiohttp's warning."""


class Lease:
    """A request's hold on a connection, until the response has ended."""

    def __init__(self, connection: Any, idle: "set[_Guard]") -> None:
        self._connection = connection
        self._transport = transport = connection.transport
        protocol = transport.get_protocol() if transport else None
        self.is_reused = isinstance(protocol, _Guard)
        """True if the connection has been idle before."""
        self.is_clean = True
        """False if the connection must not be used."""
        if isinstance(protocol, _Guard):
            self._guard: _Guard | None = protocol
            self.is_clean = protocol.stop()
        else:
            self._guard = _Guard(transport, idle) if transport else None

    async def exchange(
        self, request: WireRequest, held: AsyncExitStack | None
    ) -> Response:
        """Send a request once, return its response, and release the connection."""
        transport, protocol = self._transport, self._connection.protocol
        if transport is None or transport.is_closing():
            raise aiohttp.ClientConnectionResetError("the connection was closed")
        protocol.set_response_params(
            read_until_eof=True,
            auto_decompress=False,  # `new_body` does, and limits the size
            max_line_size=_MAX_HEADER_SIZE,
            max_field_size=_MAX_HEADER_SIZE,
            max_headers=_MAX_HEADERS,
        )
        transport.write(encode_message(request))
        message, payload = await protocol.read()
        while _is_interim(message.code):
            message, payload = await protocol.read()
        payload.on_eof(partial(self._release, held))
        headers = _headers_of(message)
        try:
            body = new_body(content_coding(headers))
            if payload.is_eof():
                await body.feed(payload.read_nowait())
            else:
                async for chunk in Interruptible(payload.iter_any()):
                    await body.feed(chunk)
            content = body.result()
        except BodyError as error:
            return unreadable_response(message.code, headers, error)
        return Response(message.code, headers, content, request_id_from(headers))

    def _release(self, held: AsyncExitStack | None) -> None:
        """Return the connection to the pool."""
        if self._guard is not None:
            self._guard.start()
        if held is None:
            self._connection.release()
        else:
            held.callback(self._connection.release)

    def abort(self) -> None:
        """Abort the connection, unless another request has taken it over since.

        A TLS shutdown could take 30 seconds.
        """
        transport, guard = self._transport, self._guard
        if transport is not None and (
            self._connection.protocol is not None
            or transport.is_closing()
            or transport.get_protocol() is guard
        ):
            transport.abort()
        self._connection.close()


class _Guard(asyncio.Protocol):
    """The protocol of a connection while it is idle, which aborts it if data arrives.

    The rest of the time, the connection has aiohttp's protocol.
    """

    def __init__(self, transport: Any, idle: "set[_Guard]") -> None:
        self._transport = transport
        self._handler = transport.get_protocol()
        self._idle = idle

    def start(self) -> None:
        """Replace aiohttp's protocol."""
        if not self._transport.is_closing():
            self._idle.add(self)
            self._transport.set_protocol(self)

    def stop(self) -> bool:
        """Restore aiohttp's protocol. Return False if the connection is unusable."""
        self._idle.discard(self)
        self._transport.set_protocol(self._handler)
        return not _is_readable(self._transport)

    def abort(self) -> None:
        """Close the connection at once."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - asyncio's name
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._idle.discard(self)
        self._handler.connection_lost(exc)

    def pause_writing(self) -> None:
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        self._handler.resume_writing()


def _is_readable(transport: Any) -> bool:
    """Return whether an idle socket has unread data or is at EOF."""
    socket = transport.get_extra_info("socket")
    if transport.is_closing() or socket is None or socket.fileno() < 0:
        return True
    if not hasattr(select, "poll"):
        # Windows, where `select` has no upper limit on file descriptors.
        return bool(select.select([socket.fileno()], [], [], 0)[0])
    poll = select.poll()
    poll.register(socket.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _is_interim(status: int) -> bool:
    """Return whether another response to the same request follows."""
    return status // 100 == 1 and status != HTTPStatus.SWITCHING_PROTOCOLS


def _headers_of(message: Any) -> dict[str, str]:
    try:
        return decode_headers(message.raw_headers, "utf-8")
    except UnicodeDecodeError:
        return decode_headers(message.raw_headers, "iso-8859-1")


@lru_cache
def _client_timeout(limits: Timeout) -> aiohttp.ClientTimeout:
    """Return a connect timeout only: the caller limits the attempt as a whole."""
    # By default, aiohttp rounds longer limits up to whole seconds.
    return aiohttp.ClientTimeout(
        total=None, connect=limits.connect, ceil_threshold=math.inf
    )


def _proxy_settings(origin: Origin) -> dict[str, Any]:
    proxy = environment_proxy(origin.authority, with_socks=False)
    if proxy is None:
        return {}
    headers = CIMultiDict(proxy.headers)
    # aiohttp would add it after the first connection, and not reuse that connection.
    headers["Host"] = origin.authority
    if proxy.raw_auth:
        headers["Proxy-Authorization"] = aiohttp.encode_basic_auth(
            *(part.decode() for part in proxy.raw_auth)
        )
    return {"proxy": URL(str(proxy.url)), "proxy_headers": headers}
