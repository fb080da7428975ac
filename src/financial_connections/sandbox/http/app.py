"""The sandbox's ASGI application, which reads requests and sends responses."""

from collections.abc import Awaitable, Callable

import anyio
import httpx
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from financial_connections.sandbox.api.pending import PendingRequest
from financial_connections.sandbox.api.pipeline import API
from financial_connections.sandbox.api.wire import Request, Response
from financial_connections.sandbox.faults import Fault
from financial_connections.sandbox.http.control import control_routes
from financial_connections.sandbox.http.linkroutes import link_routes
from financial_connections.sandbox.sandbox import Sandbox

Sleep = Callable[[float], Awaitable[None]]

RESET = "financial_connections.reset"
"""Name of the ASGI extension that resets the connection of a request."""

_SLOW_PARTS = 10


def application(sandbox: Sandbox, sleep: Sleep = anyio.sleep) -> ASGIApp:
    """Return the ASGI application of a sandbox.

    The control endpoints and the link page are under /_sandbox. All other paths belong
    to the API.
    """
    control_app = Starlette(
        routes=[
            Mount("/_sandbox", routes=[*link_routes(sandbox), *control_routes(sandbox)])
        ]
    )
    api_app = _ASGIApp(sandbox.api, sleep)

    # Starlette does not route the API, because its patterns stop at a line break in
    # an ID.
    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        app = control_app if scope["path"].startswith("/_sandbox/") else api_app
        await app(scope, receive, send)

    return dispatch


class _ASGIApp:
    """The API, with the delays and broken responses caused by injected faults."""

    def __init__(self, api: API, sleep: Sleep) -> None:
        self._api = api
        self._sleep = sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        pending = self._api.admit(await _read_request(scope, receive))
        try:
            if pending.fault is not None and pending.fault.kind == "latency":
                await self._sleep(pending.fault.seconds)
            response = self._api.execute(pending)
        finally:
            self._api.abandon(pending)
        await self._send(scope, send, response, pending)

    async def _send(
        self, scope: Scope, send: Send, response: Response, pending: PendingRequest
    ) -> None:
        fault = pending.fault or Fault("latency")
        half = response.body[: len(response.body) // 2]
        match fault.kind:
            case "reset" | "response_lost":
                await _reset(scope)
            case "reset_mid_body":
                await _start(send, response)
                await send(
                    {"type": "http.response.body", "body": half, "more_body": True}
                )
                await _reset(scope)
            case "truncated_json":
                await _send_all(send, Response(response.status, response.headers, half))
            case "slow_body":
                await self._send_slowly(send, response, fault.seconds)
            case _:
                await _send_all(send, response)

    async def _send_slowly(
        self, send: Send, response: Response, seconds: float
    ) -> None:
        await _start(send, response)
        size = max(1, -(-len(response.body) // _SLOW_PARTS))
        for start in range(0, len(response.body), size):
            await self._sleep(seconds / _SLOW_PARTS)
            part = response.body[start : start + size]
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _read_request(scope: Scope, receive: Receive) -> Request:
    parts: list[bytes] = []
    more_body = True
    while more_body:
        message = await receive()
        parts.append(message.get("body", b""))
        more_body = message.get("more_body", False)
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers={
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
        },
        body=b"".join(parts),
    )


async def _send_all(send: Send, response: Response) -> None:
    await _start(send, response)
    await send({"type": "http.response.body", "body": response.body})


async def _start(send: Send, response: Response) -> None:
    headers = {**response.headers, "Content-Length": str(len(response.body))}
    raw = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in headers.items()
    ]
    await send(
        {"type": "http.response.start", "status": response.status, "headers": raw}
    )


async def _reset(scope: Scope) -> None:
    reset = scope.get("extensions", {}).get(RESET)
    if reset is None:
        # Without a server, there is no connection to reset, so raise the error that a
        # client would see.
        raise httpx.ReadError("The sandbox reset the connection.")
    await reset()
