"""Requests over an httpx client that the caller provides."""

import sys
from collections.abc import Hashable
from contextlib import suppress
from functools import cache
from types import MemberDescriptorType, ModuleType
from typing import Any, cast

import anyio

from financial_connections._settings import Timeout
from financial_connections._transport.connections import Slots
from financial_connections._transport.exchange import (
    Answer,
    answer_from,
    answer_without_body,
    failure_from,
    faults_of,
    prepared_request,
)
from financial_connections._transport.wire import WireRequest
from financial_connections.errors import ConfigurationError


class CallersClient:
    """Connections of a client that the caller provides: used, but neither changed nor
    closed.

    There are never more slots than the client's pool has connections, so that requests
    queue here. A request that is cancelled while it waits in httpcore's queue can leave
    behind a connection that nobody uses and nobody closes.
    """

    def __init__(self, client: Any, limit: int, base_url: str) -> None:
        self._httpx = _library_of(client)
        self._client = _view_without_cookies(client)
        pool = _pool_of(client, self._httpx.URL(base_url))
        size = getattr(pool, "_max_connections", limit)
        if size < 1:
            raise ConfigurationError(
                "http_client has no connections: its max_connections must be at least 1"
            )
        self.slots = Slots(min(limit, size))

    async def exchange(
        self, request: WireRequest, timeout: Timeout, _: float
    ) -> Answer:
        if self._client.is_closed:
            raise ConfigurationError("http_client is closed")
        try:
            return await self._send(request, timeout)
        except (
            self._httpx.HTTPStatusError
        ) as error:  # raised by one of the owner's event hooks
            read = error.response.is_stream_consumed
            return (
                await answer_from(error.response)
                if read
                else answer_without_body(error.response)
            )
        except faults_of(self._httpx) as error:
            failure = failure_from(error, self._httpx)
        raise failure

    async def _send(self, request: WireRequest, timeout: Timeout) -> Answer:  # noqa: ASYNC109
        # The request is not built by the client: its base URL, headers, parameters,
        # cookies and auth are meant for its owner's requests.
        prepared = prepared_request(request, timeout, self._httpx)
        prepared.extensions["timeout"] = _time_limits(timeout)
        handshake = _Handshake(prepared.extensions.get("trace"))
        if request.origin.scheme == "https":
            prepared.extensions["trace"] = handshake
        try:
            response = await self._client.send(
                prepared, auth=None, follow_redirects=False, stream=True
            )
            try:
                answer = await answer_from(response)
                with suppress(AttributeError, ValueError):
                    await _drop_surplus(prepared, self._pool_of(prepared))
                return answer
            finally:
                with anyio.CancelScope(shield=True):
                    await response.aclose()
        except BaseException:
            await handshake.aclose()
            with (
                anyio.CancelScope(shield=True),
                suppress(AttributeError, TypeError, ValueError),
            ):
                await _forget(prepared, self._pool_of(prepared))
            raise

    def _pool_of(self, prepared: Any) -> Any:
        return _pool_of(self._client, prepared.url)

    async def aclose(self) -> None:
        self.slots.closed = True


class _Handshake:
    """The socket of a TLS handshake. httpcore forgets it, and leaves it open, if the
    handshake is cancelled.
    """

    def __init__(self, trace: Any) -> None:
        self._socket: Any = None
        self._trace = trace

    async def __call__(self, name: str, info: dict[str, Any]) -> None:
        """Follow the request through httpcore's extension `trace`."""
        if name == "connection.connect_tcp.complete":
            self._socket = info["return_value"]
        elif name.endswith(("start_tls.complete", "receive_response_headers.complete")):
            self._socket = None
        if self._trace is not None:
            await self._trace(name, info)

    async def aclose(self) -> None:
        if self._socket is not None:
            with anyio.CancelScope(shield=True), suppress(Exception):
                await self._socket.aclose()


def _time_limits(timeout: Timeout) -> dict[str, float]:
    """Return httpx's time-outs, which are a little shorter than the attempt.

    So httpcore itself ends what takes too long, first of all a wait in its queue. The
    attempt's own scope is the last resort, for a response that trickles in.
    """
    whole = timeout.seconds - min(timeout.seconds / 20, 0.1)
    queue = timeout.seconds - min(timeout.seconds / 10, 0.2)
    return {
        "connect": min(timeout.connect, whole),
        "read": whole,
        "write": whole,
        "pool": queue,
    }


def is_httpx_client(value: object) -> bool:
    """Return whether `value` is an `AsyncClient` of httpx or of httpx2, its successor."""
    return any(_is_library_class(c) for c in type(value).__mro__)


_LIBRARIES = {"httpx", "httpx2"}


def _is_library_class(c: type) -> bool:
    return c.__name__ == "AsyncClient" and c.__module__.split(".")[0] in _LIBRARIES


def _library_of(client: object) -> ModuleType:
    owner = next(c for c in type(client).__mro__ if _is_library_class(c))
    return sys.modules[owner.__module__.partition(".")[0]]


def _view_without_cookies(client: Any) -> Any:
    """Return `client` with a cookie jar that stays empty.

    `AsyncClient.send` stores the cookies of every response in `self.cookies`. The view
    has the client's own attributes, so hooks, mounts and transports are always those
    that the owner has set. Returns the client itself if the view could not share all of
    its attributes, because some are in slots, or if its class allows no subclass.
    """
    if any(
        isinstance(value, MemberDescriptorType)
        for c in type(client).__mro__
        for value in vars(c).values()
    ):
        return client
    with suppress(Exception):
        view = object.__new__(
            _view_class(cast("Hashable", type(client)), _library_of(client))
        )
        object.__setattr__(view, "__dict__", client.__dict__)
        return view
    return client


class _Unannounced:
    """A base that keeps a new class from its other bases, which may register subclasses
    or require arguments.
    """

    def __init_subclass__(cls, **_: object) -> None:
        pass


@cache
def _view_class(client_class: Hashable, library: Any) -> Any:
    class View(_Unannounced, cast("Any", client_class)):  # type: ignore[misc]
        @property
        def cookies(self) -> Any:
            return library.Cookies()

        @cookies.setter
        def cookies(self, _: object) -> None:
            """Leave the owner's cookies as they are."""

        def __del__(self) -> None:
            """Leave to the client what it does at its own end."""

    for name in ("__name__", "__qualname__", "__module__"):
        setattr(View, name, getattr(client_class, name))
    return View


# Private names of httpx and httpcore follow. They give the size of the client's pool,
# tell whether more has arrived than the response, and release connections that a
# cancelled request has left behind. Where they do not exist, as with a mock, none of
# this is done.


def _pool_of(client: Any, url: Any) -> Any:
    """Return the connection pool that the client uses for `url`, or None if it is not
    one of httpcore's.
    """
    with suppress(AttributeError):
        pool = client._transport_for_url(url)._pool
        if type(pool).__module__.partition(".")[0] in {"httpcore", "httpcore2"}:
            return pool
    return None


async def _drop_surplus(prepared: Any, pool: Any) -> None:
    """Drop the connection if more has arrived than the response: httpcore would take it
    for the next response.
    """
    if pool is None:
        return
    found = [
        one.connection
        for one in pool._requests
        if one.request.extensions is prepared.extensions
    ]
    for connection in found:
        if connection._connection._h11_state.trailing_data[0]:
            pool._connections.remove(connection)
            await connection.aclose()


async def _forget(prepared: Any, pool: Any) -> None:
    """Release what an interrupted request still holds in the pool.

    httpcore loses track of a connection if the request is cancelled between the moment
    when the connection is assigned to it and the moment when it is used, or while the
    response is closed. The connection is then neither in use nor available and takes up
    a place in the pool for good.
    """
    if pool is None:
        return
    for pending in list(pool._requests):
        if pending.request.extensions is prepared.extensions:
            pool._requests.remove(pending)
    in_use = [pending.connection for pending in pool._requests]
    for connection in pool.connections:
        is_usable = (
            connection.is_idle() or connection.is_available() or connection.is_closed()
        )
        if connection not in in_use and not is_usable:
            pool._connections.remove(connection)
            await connection.aclose()
    for connection in pool._assign_requests_to_connections():
        await connection.aclose()
