"""The outcome of an attempt: a response, or the reason why there is none."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import anyio
from attrs import field, frozen

from financial_connections._redact import sanitize
from financial_connections._transport.body import read_body
from financial_connections._transport.coding import BodyError

_REQUEST_ID = re.compile(r"req_[A-Za-z0-9]{1,90}")


@frozen
class Response:
    """A response whose body has been read and decompressed."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Headers, keyed by lower-case name."""
    content: bytes = field(repr=False)
    """The decompressed body."""
    request_id: str | None
    """Stripe's ID of the request, safe to print."""
    unreadable: str | None = None
    """Reason why the body could not be read, in which case `content` is empty."""
    retryable: bool = True
    """False if the response to a retry would be just as unreadable."""

    @property
    def is_success(self) -> bool:
        """True for a 2xx response."""
        return 200 <= self.status < 300  # noqa: PLR2004


@frozen
class NoResponse:
    """The reason why an attempt got no response."""

    message: str
    timed_out: bool = False
    retryable: bool = True
    reason: str | None = None
    """One of the values of `APIConnectionError.reason`."""
    cause: OSError | None = field(default=None, repr=False)
    """Error of the operating system or the TLS library, if there is one.

    Errors of the HTTP libraries are not kept, because they refer to the request, whose
    headers contain the API key.
    """


async def read_response(response: Any) -> Response:
    """Read the whole body of an httpx response.

    If the body cannot be read, the connection is closed, and the status and the headers
    are returned without it.
    """
    status, headers = response.status_code, _headers_of(response)
    try:
        content = await read_body(response, content_coding(headers))
    except BodyError as error:
        with anyio.CancelScope(shield=True):
            await response.aclose()
        return unreadable_response(status, headers, error)
    return Response(status, headers, content, request_id_from(headers))


def unreadable_response(
    status: int, headers: Mapping[str, str], error: BodyError
) -> Response:
    """Return a response whose body cannot be read."""
    return Response(
        status,
        headers,
        b"",
        request_id_from(headers),
        unreadable=str(error),
        retryable=error.retryable,
    )


def response_without_body(response: Any) -> Response:
    """Return a response whose body was closed before it was read."""
    headers = _headers_of(response)
    return Response(response.status_code, headers, b"", request_id_from(headers))


def content_coding(headers: Mapping[str, str]) -> str:
    """Return the coding that the body of a response is compressed with."""
    return headers.get("content-encoding", "identity")


def request_id_from(headers: Mapping[str, str]) -> str | None:
    request_id = headers.get("request-id") or None
    if request_id and not _REQUEST_ID.fullmatch(request_id):
        return sanitize(request_id, 100)
    return request_id


def _headers_of(response: Any) -> dict[str, str]:
    return decode_headers(response.headers.raw, response.headers.encoding)


def decode_headers(
    raw_headers: Sequence[tuple[bytes, bytes]], encoding: str
) -> dict[str, str]:
    """Return the headers of a response by lower-case name, without cookies.

    Raises:
        UnicodeDecodeError: They have another encoding.
    """
    headers = {
        _name(name, encoding): value.decode(encoding) for name, value in raw_headers
    }
    if len(headers) < len(raw_headers):
        # HTTP joins repeated headers with a comma. A repeated `Retry-After` is
        # therefore not a number, and is ignored.
        values: dict[str, list[str]] = {name: [] for name in headers}
        for name, value in raw_headers:
            values[_name(name, encoding)].append(value.decode(encoding))
        headers = {name: ", ".join(texts) for name, texts in values.items()}
    headers.pop("set-cookie", None)
    return headers


@lru_cache  # Servers repeat the same names.
def _name(raw: bytes, encoding: str) -> str:
    return raw.decode(encoding).lower()
