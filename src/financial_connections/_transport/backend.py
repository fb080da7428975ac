"""The interface of the HTTP backends, and their limit on concurrent requests."""

import asyncio
from contextlib import AsyncExitStack
from typing import Protocol

import anyio
from anyio import CancelScope
from anyio.lowlevel import EventLoopToken, current_token
from sniffio import current_async_library

from financial_connections._settings import Timeout
from financial_connections._transport.response import NoResponse, Response
from financial_connections._transport.wire import WireRequest
from financial_connections.errors import ConfigurationError

IDLE_SECONDS = 30
"""Seconds to keep an idle connection."""


class Limiter:
    """A fair limit on concurrent requests, which also keeps track of running calls.

    Use it with `async with`: entering the block waits for a permit.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """Maximum number of concurrent requests."""
        self.closed = False
        self.loop: EventLoopToken | None = None
        """The event loop in which the client was first used."""
        self._asyncio_loop: asyncio.AbstractEventLoop | None = None
        self._semaphore = anyio.Semaphore(limit, fast_acquire=True)
        self._calls: dict[CancelScope, None] = {}
        """The running calls, oldest first. The oldest is the first in every queue, from
        which it is removed fastest.
        """
        self._all_ended: anyio.Event | None = None

    def check(self) -> None:
        """Check that the client can be used here.

        Raises:
            ConfigurationError: The client is closed, or belongs to another event loop.
        """
        if self.closed:
            raise ConfigurationError("the client is closed: create a new one")
        if not self.is_in_loop():
            raise ConfigurationError(
                "the client was used in another event loop: create one for each loop"
            )

    def is_in_loop(self) -> bool:
        """Return whether the current event loop is the one that opened the sockets.

        A socket hangs in any other loop.
        """
        if current_async_library() == "asyncio":
            # Comparing tokens would take four times as long, in every call.
            running = asyncio.get_running_loop()
            if self._asyncio_loop is None and self.loop is None:
                self._asyncio_loop, self.loop = running, current_token()
            return self._asyncio_loop is running
        loop = current_token()
        self.loop = self.loop or loop
        return self.loop == loop

    def call_started(self, scope: CancelScope) -> None:
        """Register the scope of a running call, so that `end_calls` can cancel it."""
        self._calls[scope] = None

    def call_ended(self, scope: CancelScope) -> None:
        """Forget the scope of a call."""
        self._calls.pop(scope, None)
        if self._all_ended and not self._calls:
            self._all_ended.set()

    async def end_calls(self) -> None:
        """Cancel all running calls, and wait until their connections are closed."""
        self.closed = True
        for scope in tuple(self._calls):
            scope.cancel()
        if self._calls:
            self._all_ended = self._all_ended or anyio.Event()
            await self._all_ended.wait()

    @property
    def has_room(self) -> bool:
        """True if more than half of the permits are available."""
        return 2 * self._semaphore.value > self.limit

    def try_enter(self) -> bool:
        """Enter the block without waiting, and return whether that was possible."""
        try:
            self._semaphore.acquire_nowait()
        except anyio.WouldBlock:
            return False
        return True

    async def __aenter__(self) -> None:
        if not self.try_enter():
            await self._semaphore.acquire()

    async def __aexit__(self, *_: object) -> None:
        self._semaphore.release()


class Backend(Protocol):
    """An HTTP library and its connections: our own pool or an injected client."""

    @property
    def limiter(self) -> Limiter:
        """The limiter, whose permit a request holds from start to finish."""
        ...

    async def exchange(
        self,
        request: WireRequest,
        limits: Timeout,
        expires_at: float,
        held: AsyncExitStack | None = None,
        /,
    ) -> Response | NoResponse:
        """Send a request once.

        Args:
            request: The request.
            limits: Time limits for the attempt. Only `connect` is enforced here; the
                caller limits the attempt as a whole.
            expires_at: Time at which the attempt or its call times out, by anyio's
                clock. If a cancel scope in user code cancels the attempt earlier, that
                says nothing about the state of the connection.
            held: Keeps the connection from being reused until the stack is closed, at
                least after a 2xx response. By default, it can be reused immediately.

        Returns:
            The response, whatever its status, or the reason why there is none.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections that this backend opened, and no others."""
        ...


class HoldingBackend:
    """A backend that holds the connections of its requests until a stack is closed.

    Each request therefore has a connection of its own, even if it starts after others
    have ended, as it does when it waits for a rate limit.
    """

    def __init__(self, backend: Backend, held: AsyncExitStack) -> None:
        self.limiter = backend.limiter
        self._backend = backend
        self._held = held

    async def exchange(
        self,
        request: WireRequest,
        limits: Timeout,
        expires_at: float,
        held: AsyncExitStack | None = None,
    ) -> Response | NoResponse:
        return await self._backend.exchange(
            request, limits, expires_at, held or self._held
        )

    async def aclose(self) -> None:
        await self._backend.aclose()
