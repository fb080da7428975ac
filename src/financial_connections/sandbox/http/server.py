"""Real HTTP on loopback.

uvicorn runs in a thread with an event loop of its own, so that the caller's loop may be
asyncio's, trio's or none. Starting and stopping block for a few milliseconds and then
are done: no task, thread or socket remains.
"""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Collection, Coroutine
from concurrent.futures import Future
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from financial_connections.sandbox.http.app import RESET
from financial_connections.sandbox.http.guard import guarded, is_loopback

if TYPE_CHECKING:
    from financial_connections.sandbox.sandbox import Sandbox


Companion = Callable[[], Coroutine[Any, Any, None]]

# On close, send a reset instead of the rest.
_NO_LINGER = struct.pack("ii", 1, 0)


def serve(
    sandbox: "Sandbox",
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    allowed_hosts: Collection[str] = (),
) -> "Server":
    """Return a server for `async with` or `with`; its `url` is where it listens.

    A server on loopback refuses requests for any `Host` but a loopback name. A server
    on another address answers for every `Host`. Both refuse requests that web pages of
    other origins make.

    Args:
        sandbox: The sandbox to serve.
        host: Address to listen on.
        port: Port to listen on; 0 is any that is free.
        allowed_hosts: Names, without a port, that a server on loopback answers for as well.

    Returns:
        The server. Entering it raises `OSError` if the port is in use.

    """
    app = guarded(
        sandbox.app, any_host=not is_loopback(host), allowed_hosts=allowed_hosts
    )
    return Server(app, sandbox.post_forever, host=host, port=port)


class Server:
    """An ASGI application behind a socket, and a companion that runs as long, while it
    is entered.
    """

    def __init__(
        self,
        app: ASGIApp,
        companion: Companion,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._app = app
        self._companion = companion
        self._address = (host, port)
        self._thread: Thread | None = None
        self._uvicorn: _Uvicorn | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, and return once requests are answered."""
        listener = _listener(self._address)
        host, port = listener.getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._uvicorn = _Uvicorn(self._app, self._companion)
        self._thread = Thread(
            target=self._uvicorn.live, args=(listener,), name="sandbox", daemon=True
        )
        self._thread.start()
        try:
            self._uvicorn.loop.result()
        except BaseException:
            self._thread.join()
            self._thread = self._uvicorn = None
            raise

    def stop(self) -> None:
        """Reset what is still connected, and return once everything is gone."""
        if self._thread is not None and self._uvicorn is not None:
            self._uvicorn.end()
            self._thread.join()
        self._thread = self._uvicorn = None


class _Uvicorn(uvicorn.Server):
    """uvicorn without its polling: it lives until it is told to end."""

    def __init__(self, app: ASGIApp, companion: Companion) -> None:
        super().__init__(
            uvicorn.Config(
                _with_reset(app, self._reset),
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
            )
        )
        self.loop: Future[asyncio.AbstractEventLoop] = Future()
        self._end = asyncio.Event()
        self._companion = companion

    def live(self, listener: socket.socket) -> None:
        """Serve on `listener` until `end`; `loop` tells when requests are answered, or
        why they cannot be.
        """
        try:
            asyncio.run(self.serve([listener]))
        except BaseException as problem:  # noqa: BLE001 - whoever waits for the loop must hear of it
            if not self.loop.done():
                self.loop.set_exception(problem)
        finally:
            listener.close()

    def end(self) -> None:
        """Let `live` return. Any thread may call."""
        self.loop.result().call_soon_threadsafe(self._end.set)

    async def main_loop(self) -> None:
        """Wait for the end."""
        companion = asyncio.create_task(self._companion())
        self.loop.set_result(asyncio.get_running_loop())
        await self._end.wait()
        companion.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close everything at once: nobody waits for an answer that a fault holds back."""
        for server in self.servers:
            server.close()
        for open_socket in sockets or ():
            open_socket.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()

    async def _reset(self, client: tuple[str, int]) -> None:
        for connection in list(self.server_state.connections):
            if getattr(connection, "client", None) == client:
                plug = connection.transport.get_extra_info("socket")
                plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
                connection.transport.abort()
        # The transport tells of its loss in the next turn of the loop.
        await asyncio.sleep(0)


def _with_reset(
    app: ASGIApp, reset: Callable[[tuple[str, int]], Awaitable[None]]
) -> ASGIApp:
    """Return `app` with the extension that resets the connection of a request."""

    async def extended(scope: Scope, receive: Receive, send: Send) -> None:
        extensions = {
            **(scope.get("extensions") or {}),
            RESET: partial(reset, scope["client"]),
        }
        await app({**scope, "extensions": extensions}, receive, send)

    return extended


def _listener(address: tuple[str, int]) -> socket.socket:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    # asyncio turns Nagle's delay off only where the protocol is named, and the delay is
    # 40 ms an answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener
