"""An aiohttp connector that rejects connections with unsolicited data.

aiohttp hands an idle connection to the next request even if it has received data in the
meantime, which would then be taken for the response.
"""

import asyncio
import select
from contextvars import ContextVar
from typing import Any

import aiohttp

LEASE: ContextVar["Lease"] = ContextVar("lease")
"""The lease of the request that is being sent."""


class Connector(aiohttp.TCPConnector):
    """A pool of connections that are closed if data arrives while they are idle."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.idle: set[Lease] = set()
        """Leases that guard idle connections."""

    def drop_idle(self) -> None:
        """Abort all idle connections."""
        while self.idle:
            self.idle.pop().abort()

    async def connect(self, *args: Any, **kwargs: Any) -> Any:
        """Return a pooled or new connection that has received no data while idle."""
        while True:
            connection: Any = await super().connect(*args, **kwargs)
            if LEASE.get().begin(connection):
                return connection
            connection.close()

    def __del__(self, *_: Any) -> None:
        """Suppress aiohttp's warning: a finalizer of the backend closes connections."""


class Lease(asyncio.Protocol):
    """A request's hold on a connection.

    After the request, the lease guards the connection while it is idle.
    """

    def __init__(self, idle: "set[Lease]") -> None:
        self.is_reused = False
        """True if the connection has been idle before."""
        self._idle = idle
        self._transport: Any = None
        self._handler: Any = None
        """aiohttp's protocol, which is bypassed while the connection is idle."""
        self._is_guarding = False

    def begin(self, connection: Any) -> bool:
        """Take over the connection. Return False if it must not be used."""
        self._transport = connection.transport
        protocol = self._transport.get_protocol() if self._transport else None
        self.is_reused = isinstance(protocol, Lease)
        if self._transport is None or (
            self._transport.is_closing() and not self.is_reused
        ):
            return True  # the connection was lost, which aiohttp will notice
        if isinstance(protocol, Lease):
            self._idle.discard(protocol)
            self._handler = protocol._handler
            self._transport.set_protocol(self._handler)
            if _is_readable(self._transport):
                return False
        else:
            self._handler = protocol
        connection.add_callback(self._guard)
        return True

    def _guard(self) -> None:
        if not self._transport.is_closing():
            self._is_guarding = True
            self._idle.add(self)
            self._transport.set_protocol(self)

    def abort(self) -> None:
        """Close the connection at once."""
        self._transport.abort()

    async def aclose(self) -> None:
        """Abort the connection, unless another request has taken it over since.

        A TLS shutdown could take 30 seconds.
        """
        transport = self._transport
        protocol = self if self._is_guarding else self._handler
        if transport is not None and (
            transport.is_closing() or transport.get_protocol() is protocol
        ):
            transport.abort()

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
