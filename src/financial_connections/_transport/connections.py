"""Where requests go: what connections have in common, whoever opens them."""

from typing import Protocol

import anyio
from anyio.lowlevel import EventLoopToken, current_token

from financial_connections._settings import Timeout
from financial_connections._transport.exchange import Answer
from financial_connections._transport.wire import WireRequest
from financial_connections.errors import ConfigurationError

IDLE_SECONDS = 30
"""How long an unused connection is kept."""


class Slots:
    """`async with` waits for one of so many slots, in one event loop, until they are closed. Fair."""

    def __init__(self, limit: int) -> None:
        self.closed = False
        self._free = anyio.Semaphore(limit, fast_acquire=True)
        self._loop: EventLoopToken | None = None

    def check(self) -> None:
        """Raise `ConfigurationError` when there is no slot to wait for."""
        if self.closed:
            raise ConfigurationError("the client is closed: make a new one")
        if not self.in_their_loop():
            raise ConfigurationError("the client was used in another event loop: make one in each loop")

    def in_their_loop(self) -> bool:
        """Sockets belong to the event loop that opened them; in another one they hang."""
        loop = current_token()
        self._loop = self._loop or loop
        return self._loop == loop

    async def __aenter__(self) -> None:
        self.check()
        try:
            self._free.acquire_nowait()
        except anyio.WouldBlock:
            await self._free.acquire()
            if self.closed:
                self._free.release()
                self.check()

    async def __aexit__(self, *_: object) -> None:
        self._free.release()


class Connections(Protocol):
    """Where requests go: connections of our own, or a client that the caller brought."""

    slots: Slots
    """Whoever makes an exchange holds one of them."""

    async def exchange(self, request: WireRequest, timeout: Timeout) -> Answer:  # noqa: ASYNC109 - to connect
        """Send once and return the answer, whatever its status. Raises `AttemptFailedError`."""
        ...

    async def aclose(self) -> None:
        """Close what was opened here, and nothing else."""
        ...
