"""A connection pool over aiohttp: faster than httpx, but under asyncio only.

It uses only public interfaces of aiohttp and asyncio. aiohttp's connector opens and
keeps the connections, and its parser reads the responses. Its session is not used: it
would resend idempotent requests when a connection breaks, and takes as much time as
everything else.
"""

import asyncio
import weakref
from contextlib import AsyncExitStack, suppress

import anyio
from sniffio import current_async_library

from financial_connections._settings import Timeout
from financial_connections._transport.aiohttp_connections import Connections, Lease
from financial_connections._transport.aiohttp_errors import (
    TRANSPORT_ERRORS,
    no_response_from,
)
from financial_connections._transport.backend import Limiter
from financial_connections._transport.closing import close_all
from financial_connections._transport.response import NoResponse, Response
from financial_connections._transport.startup import Startup
from financial_connections._transport.wire import Origin, WireRequest
from financial_connections.errors import ConfigurationError


class AiohttpBackend:
    """A pool of at most `limit` aiohttp connections."""

    def __init__(self, limit: int) -> None:
        self.limiter = _AsyncioLimiter(limit)
        self._startup = Startup(uses_httpx=False)
        self._origins: dict[Origin, Connections] = {}
        weakref.finalize(self, _abandon, self._origins)

    async def exchange(
        self,
        request: WireRequest,
        limits: Timeout,
        expires_at: float,
        held: AsyncExitStack | None = None,
    ) -> Response | NoResponse:
        await self._startup.run(tls=request.origin.scheme == "https")
        if self.limiter.closed:
            return NoResponse("the client was closed", retryable=False)
        connections = self._origins.get(request.origin)
        if connections is None:
            connections = self._origins[request.origin] = Connections(request.origin)
        lease: Lease | None = None
        result: Response | NoResponse | None = None
        try:
            lease = await connections.acquire(limits)
            result = await lease.exchange(request, held)
        except TRANSPORT_ERRORS as error:
            result = no_response_from(error)
            return result
        else:
            return result
        finally:
            is_usable = isinstance(result, Response) and result.unreadable is None
            if lease is not None and not is_usable:
                if lease.is_reused and (
                    isinstance(result, NoResponse) or anyio.current_time() >= expires_at
                ):
                    # The other connections have been idle for longer, so whatever broke
                    # this one has probably broken them too.
                    connections.drop_idle()
                lease.abort()

    async def aclose(self) -> None:
        self.limiter.closed = True
        if not self.limiter.is_in_loop():
            _abandon(self._origins)
            return
        origins = list(self._origins.values())
        self._origins.clear()
        await close_all(origins)


class _AsyncioLimiter(Limiter):
    def check(self) -> None:
        # A client that has been used belongs to an asyncio event loop.
        if self.loop is None and (library := current_async_library()) != "asyncio":
            raise ConfigurationError(
                f'transport="aiohttp" works under asyncio only, not under {library}'
            )
        super().check()


def _abandon(origins: dict[Origin, Connections]) -> None:
    """Close the connections in their own event loop, if it is running.

    This may run in any thread, because finalizers do.
    """
    while origins:
        _, connections = origins.popitem()
        # RuntimeError: the event loop has ended and closed its sockets.
        with suppress(RuntimeError):
            connections.loop.call_soon_threadsafe(_close_later, connections)


def _close_later(connections: Connections) -> None:
    task = asyncio.ensure_future(connections.aclose())
    _CLOSING.add(task)
    task.add_done_callback(_CLOSING.discard)


_CLOSING: set["asyncio.Future[None]"] = set()
"""Tasks that close connections. The event loop alone does not keep its tasks alive."""
