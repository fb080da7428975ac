"""Serve a sandbox over HTTP.

uvicorn runs in a thread with its own event loop, so the caller may use asyncio, trio
or no event loop at all. Starting and stopping the server blocks for a few milliseconds.
After it stops, no tasks, threads or sockets are left behind.
"""

import asyncio
import socket
import struct
from collections.abc import Callable, Collection, Coroutine
from concurrent.futures import Future
from functools import partial
from threading import Thread
from typing import Any, Self

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from financial_connections.sandbox.http.app import RESET, application
from financial_connections.sandbox.http.guard import guard, is_loopback
from financial_connections.sandbox.sandbox import Sandbox

Background = Callable[[], Coroutine[Any, Any, None]]

# SO_LINGER with a timeout of zero: closing the socket resets the connection.
_NO_LINGER = struct.pack("ii", 1, 0)


def serve(
    sandbox: Sandbox,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    allowed_hosts: Collection[str] = (),
) -> "Server":
    """Return a server for a sandbox, to be used in an `async with` or `with` statement.

    If the server listens on a loopback address, it rejects requests whose `Host` is not
    a loopback name. On any other address, it accepts any `Host`. In both cases, it
    rejects requests from web pages with another origin.

    Args:
        sandbox: Sandbox to serve.
        host: Address to listen on.
        port: Port to listen on; 0 means any free port.
        allowed_hosts: Host names without a port. A server on a loopback address accepts
            them as `Host` in addition to loopback names.

    Returns:
        The server. Entering it starts it and sets its `url`, or raises `OSError` if the
        port is in use.
    """
    app = guard(
        application(sandbox),
        any_host=not is_loopback(host),
        allowed_hosts=allowed_hosts,
    )
    return Server(app, sandbox.delivery.deliver_forever, host=host, port=port)


class Server:
    """An HTTP server that runs inside its `async with` or `with` block.

    Args:
        app: ASGI application to serve.
        background: Coroutine function to run while the server is running.
        host: Address to listen on.
        port: Port to listen on; 0 means any free port.

    Attributes:
        url: URL of the server, without a trailing slash; empty before it has started.
    """

    def __init__(
        self,
        app: ASGIApp,
        background: Background,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._app = app
        self._background = background
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
        """Start the server, and return once it accepts requests.

        Raises:
            OSError: The server cannot listen on the address, for example because the
                port is in use.
        """
        listener = _listener(self._address)
        host, port = listener.getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._uvicorn = _Uvicorn(self._app, self._background)
        self._thread = Thread(
            target=self._uvicorn.run_in_thread,
            args=(listener,),
            name="sandbox",
            daemon=True,
        )
        self._thread.start()
        try:
            self._uvicorn.loop.result()
        except BaseException:
            self._thread.join()
            self._thread = self._uvicorn = None
            raise

    def stop(self) -> None:
        """Reset open connections, and return once the thread has ended."""
        if self._thread is not None and self._uvicorn is not None:
            self._uvicorn.request_stop()
            self._thread.join()
        self._thread = self._uvicorn = None


class _Uvicorn(uvicorn.Server):
    """A uvicorn server that waits for an event instead of polling."""

    def __init__(self, app: ASGIApp, background: Background) -> None:
        super().__init__(
            uvicorn.Config(
                self._extend(app),
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
        self._stopping = asyncio.Event()
        self._background = background

    def run_in_thread(self, listener: socket.socket) -> None:
        """Serve on `listener` until `request_stop` is called.

        `loop` receives its result once the server accepts requests, or the exception if
        the server fails to start.
        """
        try:
            asyncio.run(self.serve([listener]))
        except BaseException as error:  # noqa: BLE001 - raised again by `start`
            if not self.loop.done():
                self.loop.set_exception(error)
        finally:
            listener.close()

    def request_stop(self) -> None:
        """Ask the server to stop. You can call this from any thread."""
        self.loop.result().call_soon_threadsafe(self._stopping.set)

    async def main_loop(self) -> None:
        """Run the background task until the server is asked to stop."""
        background = asyncio.create_task(self._background())
        self.loop.set_result(asyncio.get_running_loop())
        await self._stopping.wait()
        background.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close everything immediately, including responses delayed by a fault."""
        for server in self.servers:
            server.close()
        for open_socket in sockets or ():
            open_socket.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()

    def _extend(self, app: ASGIApp) -> ASGIApp:
        """Return `app` with an extension that resets the connection of a request."""

        async def extended(scope: Scope, receive: Receive, send: Send) -> None:
            extensions = {
                **(scope.get("extensions") or {}),
                RESET: partial(self._reset, scope["client"]),
            }
            try:
                await app({**scope, "extensions": extensions}, receive, send)
            except asyncio.CancelledError:
                # uvicorn would log a traceback for each request that `shutdown` ends.
                if not self._stopping.is_set():
                    raise

        return extended

    async def _reset(self, client: tuple[str, int]) -> None:
        for connection in list(self.server_state.connections):
            if getattr(connection, "client", None) == client:
                raw_socket = connection.transport.get_extra_info("socket")
                raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
                connection.transport.abort()
        # The transport reports the lost connection on the next event loop iteration.
        await asyncio.sleep(0)


def _listener(address: tuple[str, int]) -> socket.socket:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    # asyncio disables Nagle's algorithm, which delays each response by 40 ms, only if
    # the protocol is given.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener
