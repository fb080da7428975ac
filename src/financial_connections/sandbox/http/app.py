"""The ASGI shell: the only place that waits, and that knows how an answer can get lost."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import anyio
import httpx
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from financial_connections.sandbox.api.api import Api, Step
from financial_connections.sandbox.api.wire import Answer, Call
from financial_connections.sandbox.faults import Fault
from financial_connections.sandbox.http.control import control_routes
from financial_connections.sandbox.http.linkroutes import link_routes

if TYPE_CHECKING:
    from financial_connections.sandbox.sandbox import Sandbox

Sleep = Callable[[float], Awaitable[None]]

RESET = "financial_connections.reset"
"""The ASGI extension by which a server lets a request reset its connection."""

_SLOW_PARTS = 10


def application(sandbox: "Sandbox", sleep: Sleep = anyio.sleep) -> ASGIApp:
    """Return the sandbox as an ASGI application; what is not below /_sandbox is the
    API.
    """
    besides = Starlette(
        routes=[
            Mount("/_sandbox", routes=[*link_routes(sandbox), *control_routes(sandbox)])
        ]
    )
    api = _Shell(sandbox.api, sleep)

    # The API is not routed by Starlette, whose patterns stop at a line break in an id.
    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = besides if scope["path"].startswith("/_sandbox/") else api
        await chosen(scope, receive, send)

    return dispatch


class _Shell:
    """Request in, answer out, with the waiting and the losses that a fault asks for."""

    def __init__(self, api: Api, sleep: Sleep) -> None:
        self._api = api
        self._sleep = sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        step = self._api.admit(await _call(scope, receive))
        try:
            if step.fault is not None and step.fault.kind == "latency":
                await self._sleep(step.fault.seconds)
            answer = self._api.execute(step)
        finally:
            self._api.abandon(step)
        await self._transmit(scope, send, answer, step)

    async def _transmit(
        self, scope: Scope, send: Send, answer: Answer, step: Step
    ) -> None:
        fault = step.fault or Fault("latency")
        half = answer.body[: len(answer.body) // 2]
        match fault.kind:
            case "reset" | "answer_lost":
                await _reset(scope)
            case "reset_mid_body":
                await _start(send, answer, len(answer.body))
                await send(
                    {"type": "http.response.body", "body": half, "more_body": True}
                )
                await _reset(scope)
            case "truncated_json":
                await _whole(send, Answer(answer.status, answer.headers, half))
            case "slow_body":
                await self._slowly(send, answer, fault.seconds)
            case _:
                await _whole(send, answer)

    async def _slowly(self, send: Send, answer: Answer, seconds: float) -> None:
        await _start(send, answer, len(answer.body))
        size = max(1, -(-len(answer.body) // _SLOW_PARTS))
        for start in range(0, len(answer.body), size):
            await self._sleep(seconds / _SLOW_PARTS)
            part = answer.body[start : start + size]
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _call(scope: Scope, receive: Receive) -> Call:
    parts: list[bytes] = []
    more_body = True
    while more_body:
        message = await receive()
        parts.append(message.get("body", b""))
        more_body = message.get("more_body", False)
    return Call(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers={
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
        },
        body=b"".join(parts),
    )


async def _whole(send: Send, answer: Answer) -> None:
    await _start(send, answer, len(answer.body))
    await send({"type": "http.response.body", "body": answer.body})


async def _start(send: Send, answer: Answer, length: int) -> None:
    headers = {**answer.headers, "Content-Length": str(length)}
    raw = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in headers.items()
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})


async def _reset(scope: Scope) -> None:
    reset = scope.get("extensions", {}).get(RESET)
    if reset is None:
        # In process there is no connection; this is what a client would have made of
        # its reset.
        raise httpx.ReadError("The sandbox reset the connection.")
    await reset()
