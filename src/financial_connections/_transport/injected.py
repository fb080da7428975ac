"""Requests over an httpx client provided by the caller."""

import sys
from collections.abc import Hashable
from contextlib import AsyncExitStack, suppress
from functools import cache
from types import MemberDescriptorType, ModuleType
from typing import Any, cast

import anyio

from financial_connections._settings import Timeout
from financial_connections._transport import private
from financial_connections._transport.backend import Limiter
from financial_connections._transport.causes import no_response_from, transport_errors
from financial_connections._transport.request import prepare_request
from financial_connections._transport.response import (
    NoResponse,
    Response,
    read_response,
    response_without_body,
)
from financial_connections._transport.wire import WireRequest
from financial_connections.errors import ConfigurationError


class InjectedClient:
    """A client provided by the caller, which is neither modified nor closed.

    The limit on requests never exceeds the size of the client's pool, so requests wait
    here rather than in httpcore's own queue. A request cancelled in that queue can
    leave behind a connection that nobody uses or closes.
    """

    def __init__(self, client: Any, limit: int, base_url: str) -> None:
        self._httpx = _library_of(client)
        self._client = _without_cookies(client)
        pool = private.pool_of(client, self._httpx.URL(base_url))
        size = private.pool_size(pool, limit)
        if size < 1:
            raise ConfigurationError(
                "http_client has no connections: its max_connections must be at least 1"
            )
        self.limiter = Limiter(min(limit, size))

    async def exchange(
        self,
        request: WireRequest,
        limits: Timeout,
        _: float,
        held: AsyncExitStack | None = None,
    ) -> Response | NoResponse:
        if self._client.is_closed:
            raise ConfigurationError("http_client is closed")
        try:
            return await self._send(request, limits, held)
        except self._httpx.HTTPStatusError as error:  # raised by an event hook
            if error.response.is_stream_consumed:
                return await read_response(error.response)
            return response_without_body(error.response)
        except transport_errors(self._httpx) as error:
            return no_response_from(error, self._httpx)

    async def _send(
        self, request: WireRequest, limits: Timeout, held: AsyncExitStack | None
    ) -> Response:
        # The client does not build the request: its base URL, headers, parameters,
        # cookies and auth are meant for its owner's requests.
        prepared = prepare_request(request, limits, self._httpx)
        prepared.extensions["timeout"] = _httpx_timeouts(limits)
        handshake = _Handshake()
        if request.origin.scheme == "https":
            prepared.extensions["trace"] = handshake
        try:
            response = await self._client.send(
                prepared, auth=None, follow_redirects=False, stream=True
            )
            async with AsyncExitStack() as closing:
                closing.push_async_callback(_close, response)
                result = await read_response(response)
                await private.close_if_unread(prepared, self._pool_of(prepared))
                if held is not None and result.is_success:
                    held.push_async_exit(closing.pop_all())
                return result
        except BaseException:
            await handshake.aclose()
            with anyio.CancelScope(shield=True):
                await private.release(prepared, self._pool_of(prepared))
            raise

    def _pool_of(self, prepared: Any) -> Any:
        return private.pool_of(self._client, prepared.url)

    async def aclose(self) -> None:
        self.limiter.closed = True


async def _close(response: Any) -> None:
    with anyio.CancelScope(shield=True):
        await response.aclose()


class _Handshake:
    """The socket of a TLS handshake.

    If the handshake is cancelled, httpcore forgets the socket and leaves it open.
    """

    def __init__(self) -> None:
        self._socket: Any = None

    async def __call__(self, name: str, info: dict[str, Any]) -> None:
        """Follow the request through httpcore's `trace` extension."""
        if name == "connection.connect_tcp.complete":
            self._socket = info["return_value"]
        elif name.endswith(("start_tls.complete", "receive_response_headers.complete")):
            self._socket = None

    async def aclose(self) -> None:
        if self._socket is not None:
            with anyio.CancelScope(shield=True), suppress(Exception):
                await self._socket.aclose()


def _httpx_timeouts(limits: Timeout) -> dict[str, float]:
    """Return timeouts for httpx that are slightly shorter than that of the attempt.

    This way, httpcore itself times out, first while waiting in its queue. The limit on
    the attempt is the last resort, for a response that trickles in.
    """
    whole = limits.seconds - min(limits.seconds / 20, 0.1)
    queue = limits.seconds - min(limits.seconds / 10, 0.2)
    return {
        "connect": min(limits.connect, whole),
        "read": whole,
        "write": whole,
        "pool": queue,
    }


_LIBRARIES = {"httpx", "httpx2"}


def is_httpx_client(value: object) -> bool:
    """Return whether a value is an `AsyncClient` of httpx or its successor httpx2."""
    return any(_is_library_class(c) for c in type(value).__mro__)


def _is_library_class(c: type) -> bool:
    return c.__name__ == "AsyncClient" and c.__module__.split(".")[0] in _LIBRARIES


def _library_of(client: object) -> ModuleType:
    owner = next(c for c in type(client).__mro__ if _is_library_class(c))
    return sys.modules[owner.__module__.partition(".")[0]]


def _without_cookies(client: Any) -> Any:
    """Return a wrapper around a client, with a cookie jar that stays empty.

    `AsyncClient.send` stores the cookies of every response in `self.cookies`. The
    wrapper shares the client's attributes, so it always has the hooks, mounts and
    transports that the owner has set.

    Returns:
        The client itself if a wrapper could not share all of its attributes, because
        some are in slots, or if its class cannot be subclassed.
    """
    if any(
        isinstance(value, MemberDescriptorType)
        for c in type(client).__mro__
        for value in vars(c).values()
    ):
        return client
    with suppress(Exception):
        wrapper_class = _wrapper_class(
            cast("Hashable", type(client)), _library_of(client)
        )
        wrapper = object.__new__(wrapper_class)
        object.__setattr__(wrapper, "__dict__", client.__dict__)
        return wrapper
    return client


class _NoInitSubclass:
    """Keeps the `__init_subclass__` of other bases from running.

    It might register the subclass or require arguments.
    """

    def __init_subclass__(cls, **_: object) -> None:
        pass


@cache
def _wrapper_class(client_class: Hashable, library: Any) -> Any:
    class Wrapper(_NoInitSubclass, cast("Any", client_class)):  # type: ignore[misc]
        @property
        def cookies(self) -> Any:
            return library.Cookies()

        @cookies.setter
        def cookies(self, _: object) -> None:
            """Leave the owner's cookies as they are."""

        def __del__(self) -> None:
            """Leave finalization to the owner's client."""

    for name in ("__name__", "__qualname__", "__module__"):
        setattr(Wrapper, name, getattr(client_class, name))
    return Wrapper
