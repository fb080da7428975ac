"""The interface of connection pools, and the slots that bound how many requests run at
once.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol

import anyio
from anyio import CancelScope
from anyio.lowlevel import EventLoopToken, current_token

from financial_connections._settings import Timeout
from financial_connections._transport.exchange import Answer
from financial_connections._transport.wire import WireRequest
from financial_connections.errors import ConfigurationError

IDLE_SECONDS = 30
"""Seconds for which an unused connection is kept."""


class Slots:
    """A fair limit on concurrent requests: `async with` waits for a slot. Knows the
    calls that are running.
    """

    def __init__(self, limit: int) -> None:
        self.closed = False
        self.loop: EventLoopToken | None = None
        """The event loop that first used the client."""
        self._free = anyio.Semaphore(limit, fast_acquire=True)
        self._calls: set[CancelScope] = set()
        self._ended: anyio.Event | None = None

    def check(self) -> None:
        """Raise `ConfigurationError` if the client is closed or belongs to another
        event loop.
        """
        if self.closed:
            raise ConfigurationError("the client is closed: make a new one")
        if not self.in_their_loop():
            raise ConfigurationError(
                "the client was used in another event loop: make one in each loop"
            )

    def in_their_loop(self) -> bool:
        """Return whether the current event loop is the one that opened the sockets. In
        another one they hang.
        """
        loop = current_token()
        self.loop = self.loop or loop
        return self.loop == loop

    @contextmanager
    def running(self, scope: CancelScope) -> Generator[None]:
        """Keep `scope`, in which a call runs, so that closing the client can end the
        call.
        """
        self._calls.add(scope)
        try:
            yield
        finally:
            self._calls.discard(scope)
            if self._ended and not self._calls:
                self._ended.set()

    async def end_calls(self) -> None:
        """End all calls that are running, and return when their connections are closed."""
        self.closed = True
        for scope in tuple(self._calls):
            scope.cancel()
        if self._calls:
            self._ended = self._ended or anyio.Event()
            await self._ended.wait()

    async def __aenter__(self) -> None:
        try:
            self._free.acquire_nowait()
        except anyio.WouldBlock:
            await self._free.acquire()

    async def __aexit__(self, *_: object) -> None:
        self._free.release()


class Connections(Protocol):
    """A pool of connections: our own, or that of a client that the caller provides."""

    @property
    def slots(self) -> Slots:
        """The slots, of which a request holds one from start to end."""
        ...

    async def exchange(
        self,
        request: WireRequest,
        timeout: Timeout,  # noqa: ASYNC109 - to connect
        expires_at: float,
        /,
    ) -> Answer:
        """Send the request once and return the response, whatever its status. Raises
        `AttemptFailedError`.

        `expires_at` is when the attempt or its call has taken too long, by anyio's
        clock. The caller's own scopes may end it earlier, which says nothing of the
        connection.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections that were opened here, and no others."""
        ...
