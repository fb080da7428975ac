"""A connection pool over aiohttp: faster than httpx, but under asyncio only.

It uses only public interfaces of aiohttp and asyncio. By default, aiohttp does three
things that would be wrong here:

* It resends idempotent requests when a connection breaks. A session middleware prevents
  this.
* It reuses connections that received data while they were idle. The connector prevents
  this.
* It warns about sessions that are not closed. A finalizer closes the connections
  instead.
"""

import asyncio
import weakref
from collections.abc import AsyncIterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import aiohttp
import anyio
from sniffio import current_async_library

from financial_connections._settings import Timeout
from financial_connections._transport.aiohttp_connector import LEASE, Connector, Lease
from financial_connections._transport.aiohttp_errors import (
    TRANSPORT_ERRORS,
    no_response_from,
)
from financial_connections._transport.aiohttp_session import SendError, Session
from financial_connections._transport.backend import Limiter
from financial_connections._transport.closing import close_all
from financial_connections._transport.response import (
    NoResponse,
    Response,
    read_response,
)
from financial_connections._transport.startup import Startup
from financial_connections._transport.wire import Origin, WireRequest
from financial_connections.errors import ConfigurationError


class AiohttpBackend:
    """A pool of at most `limit` aiohttp connections."""

    def __init__(self, limit: int) -> None:
        self.limiter = _AsyncioLimiter(limit)
        self._startup = Startup()
        self._origins: dict[Origin, Session] = {}
        weakref.finalize(self, _abandon, self._origins)

    async def exchange(
        self, request: WireRequest, limits: Timeout, expires_at: float
    ) -> Response | NoResponse:
        await self._startup.run(tls=request.origin.scheme == "https")
        if self.limiter.closed:
            return NoResponse("the client was closed", retryable=False)
        if request.origin not in self._origins:
            self._origins[request.origin] = Session(request.origin)
        session = self._origins[request.origin]
        lease = Lease(session.connector.idle)
        token = LEASE.set(lease)
        result: Response | NoResponse | None = None
        try:
            result = await _exchange(session, request, limits, lease)
            return result
        finally:
            LEASE.reset(token)
            if not isinstance(result, Response) or result.unreadable is not None:
                if lease.is_reused and (
                    isinstance(result, NoResponse) or anyio.current_time() >= expires_at
                ):
                    # The other connections have been idle for longer, so whatever broke
                    # this one has probably broken them too.
                    session.connector.drop_idle()
                await lease.aclose()

    async def aclose(self) -> None:
        self.limiter.closed = True
        if not self.limiter.is_in_loop():
            _abandon(self._origins)
            return
        sessions = list(self._origins.values())
        self._origins.clear()
        await close_all(sessions)


async def _exchange(
    session: Session, request: WireRequest, limits: Timeout, lease: Lease
) -> Response | NoResponse:
    try:
        response = _Response(await session.send(request, limits), lease)
        try:
            return await read_response(response)
        except BaseException:
            await response.aclose()
            raise
    except SendError as error:
        return error.result
    except TRANSPORT_ERRORS as error:
        return no_response_from(error)


class _AsyncioLimiter(Limiter):
    def check(self) -> None:
        if (library := current_async_library()) != "asyncio":
            raise ConfigurationError(
                f'transport="aiohttp" works under asyncio only, not under {library}'
            )
        super().check()


class _Response:
    """The part of httpx's response interface that `read_response` uses."""

    is_stream_consumed = False

    def __init__(self, response: aiohttp.ClientResponse, lease: Lease) -> None:
        self.status_code = response.status
        self.headers = SimpleNamespace(
            raw=response.raw_headers, encoding=_encoding(response.raw_headers)
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


def _encoding(headers: tuple[tuple[bytes, bytes], ...]) -> str:
    try:
        b"".join([part for pair in headers for part in pair]).decode()
    except UnicodeDecodeError:
        return "iso-8859-1"
    return "utf-8"


def _abandon(origins: dict[Origin, Session]) -> None:
    """Close the connections in their own event loop, if it is running.

    This may run in any thread, because finalizers do.
    """
    while origins:
        _, session = origins.popitem()
        session.detach()
        # RuntimeError: the event loop has ended and closed its sockets.
        with suppress(RuntimeError):
            session.loop.call_soon_threadsafe(_close_later, session.connector)


def _close_later(connector: Connector) -> None:
    task = asyncio.ensure_future(connector.close(abort_ssl=True))
    _CLOSING.add(task)
    task.add_done_callback(_CLOSING.discard)


_CLOSING: set["asyncio.Future[None]"] = set()
"""Tasks that close connectors. The event loop alone does not keep its tasks alive."""
