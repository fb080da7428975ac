"""Send ASGI messages."""

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from financial_connections.webhooks.body import Receive

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def acknowledge_lifespan(receive: Receive, send: Send) -> None:
    """Acknowledge the start and the end of the server.

    Args:
        receive: Returns the next message from the server.
        send: Sends a message to the server.
    """
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def respond(
    send: Send, status: HTTPStatus, text: str, **extra_headers: str
) -> None:
    """Send a plain-text response.

    Args:
        send: Sends a message to the server.
        status: Status of the response.
        text: Body of the response.
        **extra_headers: Additional headers.
    """
    body = text.encode()
    headers = {
        "content-type": "text/plain; charset=utf-8",
        "content-length": str(len(body)),
        **extra_headers,
    }
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": int(status), "headers": raw})
    await send({"type": "http.response.body", "body": body})
