"""Send a request through the middleware of a client."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from attrs import evolve

from financial_connections._checks import is_async_callable
from financial_connections._headers import headers_from, is_reserved
from financial_connections._response import Headers
from financial_connections._transport.call import (
    Call,
    connection_error,
)
from financial_connections._transport.response import (
    NoResponse,
    Response,
    request_id_from,
)
from financial_connections._transport.wire import WireRequest
from financial_connections.errors import (
    APIConnectionError,
    ConfigurationError,
)
from financial_connections.middleware import (
    CallNext,
    HTTPRequest,
    HTTPResponse,
    Middleware,
)

Exchange = Callable[[WireRequest], Awaitable[Response | NoResponse]]


async def exchange_through(
    middleware: Sequence[Middleware], call: Call, exchange: Exchange
) -> Response | APIConnectionError:
    """Send the request of an attempt through middleware.

    Args:
        middleware: The middleware, outermost first.
        call: The call.
        exchange: Sends the request.

    Returns:
        The response, or the error of an attempt without one.
    """
    try:
        return await _Chain(middleware, call, exchange).run()
    except APIConnectionError as raised:
        error = raised.with_traceback(None)
    error.attempts = call.attempts
    error.idempotency_key = call.wire.idempotency_key
    return error


def middleware_from(value: Any) -> tuple[Middleware, ...]:
    """Return the middleware of a client.

    Raises:
        ConfigurationError: It is not a sequence of async functions.
    """
    if not isinstance(value, Sequence) or not all(map(is_async_callable, value)):
        raise ConfigurationError(
            "middleware must be a list of async functions with the parameters request "
            "and call_next"
        )
    return tuple(value)


class _Chain:
    def __init__(
        self, middleware: Sequence[Middleware], call: Call, exchange: Exchange
    ) -> None:
        self._middleware = middleware
        self._call = call
        self._exchange = exchange
        self._latest: tuple[HTTPResponse, Response] | None = None

    async def run(self) -> Response:
        call = self._call
        request = HTTPRequest(
            method=call.wire.method,
            url=call.wire.url,
            url_template=call.template,
            headers=_visible_headers(call.wire),
            content=call.wire.content,
            attempt=call.attempts,
        )
        response = await self._step(0)(request)
        if self._latest is not None and response is self._latest[0]:
            return self._latest[1]
        headers = dict(response.headers)
        return Response(
            response.status, headers, response.content, request_id_from(headers)
        )

    def _step(self, index: int) -> CallNext:
        if index == len(self._middleware):
            return self._send
        middleware = self._middleware[index]

        async def call_next(request: HTTPRequest) -> HTTPResponse:
            response = await middleware(request, self._step(index + 1))
            if not isinstance(response, HTTPResponse):
                raise ConfigurationError(
                    "a middleware must return an HTTPResponse, not "
                    f"{type(response).__name__}"
                )
            return response

        return call_next

    async def _send(self, request: HTTPRequest) -> HTTPResponse:
        wire = self._call.wire
        received = await self._exchange(
            evolve(wire, headers=_headers(wire, request.headers))
        )
        if isinstance(received, NoResponse):
            raise connection_error(self._call, received)
        response = HTTPResponse(
            status=received.status,
            headers=Headers(received.headers, self._call.api_key),
            content=received.content,
        )
        self._latest = response, received
        return response


def _visible_headers(wire: WireRequest) -> dict[str, str]:
    return {name: v for name, v in wire.headers.items() if isinstance(v, str)}


def _headers(wire: WireRequest, headers: dict[str, str]) -> dict[str, str | bytes]:
    """Return the headers to send, given those that a middleware has left.

    Raises:
        InvalidArgumentError: A header cannot be sent, or belongs to the client.
    """
    visible = _visible_headers(wire)
    changed = {n: value for n, value in headers.items() if visible.get(n) != value}
    # A removed header counts as changed, and fails if it belongs to the client.
    headers_from(
        changed | {n: "" for n in visible if n not in headers and is_reserved(n)}
    )
    replaced = {name.lower() for name in changed}
    unchanged = {
        name: value
        for name, value in wire.headers.items()
        if name.lower() not in replaced and (name in headers or name not in visible)
    }
    return unchanged | dict(changed)
