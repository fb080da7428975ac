"""Private names of httpx, httpcore and anyio that this package uses.

All of them are used here only, with a fallback in case one of them moves. Decision 0019
gives the reasons and measurements; `tests/transport/test_private.py` fails if a name
moves. httpx2 and httpcore2 have the same names.
"""

import ssl
from contextlib import suppress
from functools import cache, cached_property
from typing import Any

# -- CPU time: a single connection needs no pool, no locks and no parsed URL -----------


class _NoLock:
    """Replaces the locks of a connection that only one task uses at a time.

    httpcore's own locks yield to the event loop each time. If fifty responses arrived
    together, the first call would return barely earlier than the last.
    """

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...


_NO_LOCK = _NoLock()


def replace_pool(transport: Any, connection: Any) -> bool:
    """Make an httpx transport send over a single httpcore connection.

    Returns:
        False if the transport's pool has moved. The transport is then unchanged and
        opens its own connections.
    """
    if not hasattr(transport, "_pool"):
        return False
    transport._pool = connection
    if hasattr(connection, "_request_lock"):
        connection._request_lock = _NO_LOCK
    return True


def drop_state_lock(connection: Any) -> None:
    """Remove the lock of an open httpcore connection, unless it has moved."""
    http11 = getattr(connection, "_connection", None)
    if hasattr(http11, "_state_lock"):
        http11._state_lock = _NO_LOCK  # type: ignore[union-attr]


def unparsed_url(library: Any, base: Any, target: str) -> Any:
    """Return the library's URL for a base URL and a path with a query.

    It is parsed only when something, such as a mock or a hook, needs more than its
    parts. If the private attribute for the parsed URL has moved, the
    URL is parsed immediately.
    """
    return _url_class(library)(base, target)


@cache
def _url_class(library: Any) -> Any:
    if not hasattr(library.URL(""), "_uri_reference"):
        return lambda base, target: library.URL(str(base).rstrip("/") + target)

    class URL(library.URL):  # type: ignore[misc]
        def __init__(self, base: Any, target: str) -> None:
            self._base = base
            self._target = target

        @cached_property
        def _uri_reference(self) -> Any:
            return library.URL(str(self))._uri_reference

        @property
        def raw_scheme(self) -> bytes:
            return self._base.raw_scheme  # type: ignore[no-any-return]

        @property
        def raw_host(self) -> bytes:
            return self._base.raw_host  # type: ignore[no-any-return]

        @property
        def port(self) -> int | None:
            return self._base.port  # type: ignore[no-any-return]

        @property
        def raw_path(self) -> bytes:
            path: bytes = self._base.raw_path
            return path.rstrip(b"/") + self._target.encode()

        def __str__(self) -> str:
            return str(self._base).rstrip("/") + self._target

        def __reduce__(self) -> tuple[Any, ...]:
            return library.URL, (str(self),)

    return URL


# -- Security: no request gets a response that arrived before it was sent --------------


def has_unread(transport: Any, connection: Any, stream: Any) -> bool:
    """Return whether data has arrived after the end of the last response.

    Args:
        transport: The httpx transport that received the response.
        connection: Its httpcore connection, or None if the transport has a pool.
        stream: The response's network stream; None for a mock response.

    Returns:
        Also True if a name has moved. Connections are then not reused, which is slow
        but safe.
    """
    if stream is None:
        return False
    try:
        if connection is None:
            [connection] = transport._pool.connections
        return bool(
            connection._connection._h11_state.trailing_data[0]
            or _has_unread_plaintext(stream)
            or _has_unread_bytes(stream)
        )
    except (AttributeError, ValueError):
        return True


def _has_unread_plaintext(stream: Any) -> bool:
    ssl_object = stream.get_extra_info("ssl_object")
    if ssl_object is None:
        return False
    try:
        ssl_object.read(1)
    except ssl.SSLWantReadError:
        return False
    except ssl.SSLError:
        return True
    return True


def _has_unread_bytes(stream: Any) -> bool:
    stream = stream._stream
    while hasattr(stream, "transport_stream"):
        stream = stream.transport_stream
    # Trio buffers nothing: httpcore's `has_expired` checks the socket itself.
    return not _is_trio(stream) and bool(stream._protocol.read_queue)


def _is_trio(stream: Any) -> bool:
    return type(stream).__module__.partition(".")[0] == "trio"


# -- Injected clients: their pools stay usable after cancelled requests ----------------


def pool_of(client: Any, url: Any) -> Any:
    """Return the httpcore pool that an httpx client uses for a URL.

    Returns:
        None if there is no pool, as with a mock, or if the name has moved. The
        functions below then do nothing.
    """
    with suppress(AttributeError):
        pool = client._transport_for_url(url)._pool
        if type(pool).__module__.partition(".")[0] in {"httpcore", "httpcore2"}:
            return pool
    return None


def pool_size(pool: Any, default: int) -> int:
    """Return the maximum number of connections in a pool."""
    return getattr(pool, "_max_connections", default)


async def close_if_unread(request: Any, pool: Any) -> None:
    """Close the request's connection if more than its response has arrived.

    httpcore would take the extra data for the next response.
    """
    if pool is None:
        return
    with suppress(AttributeError, ValueError):
        for pending in pool._requests:
            connection = pending.connection
            if (
                pending.request.extensions is request.extensions
                and connection._connection._h11_state.trailing_data[0]
            ):
                pool._connections.remove(connection)
                await connection.aclose()
                return


async def release(request: Any, pool: Any) -> None:
    """Release what an interrupted request still holds in a pool.

    httpcore loses track of a connection if the request is cancelled after the
    connection has been assigned to it but before it is used, or while the response is
    being closed. The connection is then neither in use nor available, but counts
    towards the pool's limit forever.
    """
    if pool is None:
        return
    with suppress(AttributeError, TypeError, ValueError):
        for pending in list(pool._requests):
            if pending.request.extensions is request.extensions:
                pool._requests.remove(pending)
        in_use = [pending.connection for pending in pool._requests]
        for connection in pool.connections:
            if connection not in in_use and not _is_usable(connection):
                pool._connections.remove(connection)
                await connection.aclose()
        for connection in pool._assign_requests_to_connections():
            await connection.aclose()


def _is_usable(connection: Any) -> bool:
    return bool(
        connection.is_idle() or connection.is_available() or connection.is_closed()
    )
