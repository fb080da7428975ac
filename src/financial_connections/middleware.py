"""Middleware around each attempt, for `AsyncClient(middleware=[…])`.

A middleware is an async function that receives the request and a function that sends
it:

    async def sign(request: HTTPRequest, call_next: CallNext) -> HTTPResponse:
        request.headers["X-Signature"] = signature_of(request.method, request.url)
        return await call_next(request)

It runs within the retries, the rate limit and the timeout of the call, once for each
attempt. It never sees the API key.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from attrs import field, frozen

__all__ = ["CallNext", "HTTPRequest", "HTTPResponse", "Middleware"]


@frozen(kw_only=True, eq=False)
class HTTPRequest:
    """The request of an attempt, without the API key.

    `headers` can be changed in place. The other attributes are read-only.
    """

    method: str
    """HTTP method: `GET`, `POST` or `DELETE`."""
    url: str = field(repr=False)
    """Full URL, including the query."""
    url_template: str | None
    """Path with placeholders, such as `/v1/financial_connections/accounts/{account}`;
    None for `send_raw`.
    """
    headers: dict[str, str] = field(repr=False)
    """Headers to send, except for `Authorization`.

    Headers of the client, such as `Stripe-Account`, cannot be changed or removed.
    """
    content: bytes = field(repr=False)
    """Body of the request: a form for a POST, otherwise empty."""
    attempt: int
    """Number of the attempt within its call, starting at 1."""


def _lower_case(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@frozen(kw_only=True, eq=False)
class HTTPResponse:
    """The response of an attempt.

    A middleware can return one of its own. If its status is not 2xx, it raises the same
    error as a response of the server, and is retried under the same conditions.
    """

    status: int
    """Status of the response."""
    headers: Mapping[str, str] = field(factory=dict, converter=_lower_case, repr=False)
    """Headers, keyed by lower-case name."""
    content: bytes = field(default=b"", repr=False)
    """Body of the response, decompressed."""


CallNext: TypeAlias = Callable[[HTTPRequest], Awaitable[HTTPResponse]]
"""A function that sends a request and returns its response.

It can be called more than once.

Raises:
    APIConnectionError: There was no response. A middleware can also raise this error
        itself; the attempt is retried if the error is `retryable`.
"""

Middleware: TypeAlias = Callable[[HTTPRequest, CallNext], Awaitable[HTTPResponse]]
"""An async function to call around each attempt."""
