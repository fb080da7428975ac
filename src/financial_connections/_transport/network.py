"""The network backend of the connection pool."""

import ssl
from functools import cache
from typing import Any

from sniffio import current_async_library


@cache
def network_class() -> Any:
    """Return a class that is defined once httpcore has been imported."""
    import httpcore  # noqa: PLC0415 - imported by `Startup` in a thread

    class Network(httpcore.AsyncNetworkBackend):
        """httpcore's network backend, which also remembers its socket."""

        socket: Any = None

        async def connect_tcp(self, *args: Any, **kwargs: Any) -> Any:
            backend: Any = (
                httpcore.TrioBackend
                if current_async_library() == "trio"
                else httpcore.AnyIOBackend
            )
            self.socket = await backend().connect_tcp(*args, **kwargs)
            return self.socket

    return Network


@cache
def unused_context() -> ssl.SSLContext:
    """Return a context without certificates, which take tens of milliseconds to load.

    httpx requires a context even for plain http.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
