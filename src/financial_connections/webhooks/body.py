"""Read the body of an ASGI request, with limits on size and time."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any, NamedTuple

import anyio

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Rejection(NamedTuple):
    """The response to a request whose body was not read completely."""

    status: HTTPStatus
    text: str


_TOO_LARGE = Rejection(HTTPStatus(413), "the body is too large")
_TIMED_OUT = Rejection(HTTPStatus.REQUEST_TIMEOUT, "the body did not arrive in time")


async def read_body(
    scope: Scope, receive: Receive, *, max_bytes: int, seconds: float
) -> bytes | Rejection:
    """Read the body of an ASGI request.

    Args:
        scope: The connection scope.
        receive: Returns the next message of the request.
        max_bytes: Maximum length of the body. It is enforced even if the body is longer
            than its `Content-Length`.
        seconds: Time within which the whole body must arrive.

    Returns:
        The body, or the response to send if it is too large or too slow.
    """
    content_length = header(scope["headers"], b"content-length") or b""
    if content_length.isdigit() and int(content_length[:20]) > max_bytes:
        return _TOO_LARGE
    body = bytearray()
    with anyio.move_on_after(seconds):
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > max_bytes:
                return _TOO_LARGE
            # A disconnect message has no "more_body" either; the incomplete body then
            # fails verification.
            if not message.get("more_body", False):
                return bytes(body)
            if not message.get("body"):
                # Otherwise, the timeout would never take effect if the server returned
                # empty chunks without waiting.
                await anyio.lowlevel.checkpoint()
    return _TIMED_OUT


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """Return the value of the first header with the given name, or None.

    Args:
        headers: The headers of an ASGI scope.
        name: The name, in lower case.
    """
    return next((value for key, value in headers if key.lower() == name), None)
