"""Read the body of a request, within limits of size and time."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, NamedTuple

import anyio

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Refusal(NamedTuple):
    """The response to a request that is not read to its end."""

    status: int
    text: str


_TOO_LARGE = Refusal(413, "the body is too large")
_TOO_SLOW = Refusal(408, "the body did not arrive in time")


async def read_body(
    scope: Scope, receive: Receive, *, max_bytes: int, seconds: float
) -> bytes | Refusal:
    """Read the body of an ASGI request.

    Args:
        scope: The connection scope.
        receive: Returns the next message of the request.
        max_bytes: Length above which the body is refused, whatever length was announced.
        seconds: Time that the whole body may take.

    Returns:
        The body, or the response if it is too large or too slow.

    """
    announced = header(scope["headers"], b"content-length") or b""
    if announced.isdigit() and int(announced[:20]) > max_bytes:
        return _TOO_LARGE
    body = bytearray()
    with anyio.move_on_after(seconds):
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > max_bytes:
                return _TOO_LARGE
            # A disconnect has no "more_body" either. What arrived before it does not
            # verify.
            if not message.get("more_body", False):
                return bytes(body)
            if not message.get("body"):
                # So that a server that has any number of empty chunks at hand can still
                # be timed out.
                await anyio.lowlevel.checkpoint()
    return _TOO_SLOW


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """Return the first header of a name, or None."""
    return next((value for key, value in headers if key.lower() == name), None)
