"""Encode a request and its settings for sending. Pure.

Each retry sends exactly the same bytes.
"""

import sys
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit
from uuid import uuid4

from attrs import field, frozen

from financial_connections._generated import API_VERSION
from financial_connections._request import Request, RequestOptions
from financial_connections._settings import Settings
from financial_connections._transport.encode import encode_params, encode_path
from financial_connections._version import __version__
from financial_connections.errors import InvalidArgumentError

MAX_URL_LENGTH = 16_384
"""Servers reject longer URLs, and httpx rejects those above 65,536 characters."""

FORM = "application/x-www-form-urlencoded"


class Origin(NamedTuple):
    """The server of a connection, which also determines TLS and the proxy."""

    scheme: str
    authority: str
    """Host, with its port unless it is the default for the scheme."""


@frozen(kw_only=True)
class WireRequest:
    """A request in its encoded form."""

    method: str
    origin: Origin
    base_url: str
    path: str
    """Path without the base URL and query, safe to log."""
    query: str = field(repr=False)
    """Query including the question mark, or empty."""
    headers: dict[str, str | bytes] = field(repr=False)
    content: bytes = field(repr=False)
    idempotency_key: str | None

    @property
    def url(self) -> str:
        """The full URL."""
        return f"{self.base_url}{self.path}{self.query}"


def wire_request(
    request: Request,
    settings: Settings,
    options: RequestOptions,
    common_headers: Mapping[str, str | bytes] | None = None,
) -> WireRequest:
    """Encode a request.

    Args:
        request: The request.
        settings: Settings of the call.
        options: Options of the call.
        common_headers: Result of `common_headers_of(settings)`, if it is known.

    Raises:
        InvalidArgumentError: An argument cannot be sent.
    """
    path = encode_path(request.path, request.ids)
    params = encode_params(
        request.params,
        arrays=request.arrays,
        required=request.required,
        clearable=request.clearable,
        free_text=request.free_text,
    )
    is_post = request.method == "POST"
    key = (options.idempotency_key or str(uuid4())) if is_post else None
    content = params.encode() if is_post else b""
    query = f"?{params}" if params and not is_post else ""
    if len(settings.base_url) + len(path) + len(query) > MAX_URL_LENGTH:
        raise InvalidArgumentError(
            f"the URL is longer than {MAX_URL_LENGTH} characters: shorten the IDs or "
            "parameters"
        )
    return WireRequest(
        method=request.method,
        origin=_origin_of(settings.base_url),
        base_url=settings.base_url,
        path=path,
        query=query,
        headers=_headers(
            common_headers or common_headers_of(settings), options, key, content
        ),
        content=content,
        idempotency_key=key,
    )


class SecretBytes(bytes):
    """The value of a header, hidden from reprs and pickles."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "b'***'"

    def __str__(self) -> str:
        return "***"

    def __format__(self, _: str) -> str:
        return "***"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, _: object) -> tuple[Any, ...]:
        return bytes, (b"***",)  # for requests recorded by a mock


def encode_message(request: WireRequest) -> SecretBytes:
    """Return the request as it is sent over HTTP/1.1, including its body."""
    base_path = urlsplit(request.base_url).path
    lines = [
        f"{request.method} {base_path}{request.path}{request.query} HTTP/1.1".encode()
    ]
    for name, value in request.headers.items():
        text = value if isinstance(value, bytes) else value.encode()
        lines.append(b"%b: %b" % (name.encode(), text))
    return SecretBytes(b"\r\n".join([*lines, b"", request.content]))


@lru_cache
def _origin_of(base_url: str) -> Origin:
    parts = urlsplit(base_url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    is_default_port = parts.port in {None, 443 if parts.scheme == "https" else 80}
    return Origin(
        parts.scheme, f"{host}" if is_default_port else f"{host}:{parts.port}"
    )


def common_headers_of(settings: Settings) -> dict[str, str | bytes]:
    """Return the headers that all requests with these settings have."""
    headers: dict[str, str | bytes] = {
        "Host": _origin_of(settings.base_url).authority,
        "Authorization": SecretBytes(f"Bearer {settings.api_key.reveal()}".encode()),
        "Stripe-Version": settings.stripe_version or API_VERSION,
        "User-Agent": user_agent(),
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
    }
    if settings.stripe_account:
        headers["Stripe-Account"] = settings.stripe_account
    if settings.stripe_context:
        headers["Stripe-Context"] = settings.stripe_context
    return headers


def _headers(
    common_headers: Mapping[str, str | bytes],
    options: RequestOptions,
    idempotency_key: str | None,
    content: bytes,
) -> dict[str, str | bytes]:
    headers = dict(common_headers)
    if idempotency_key:
        headers["Idempotency-Key"] = idempotency_key
        headers["Content-Type"] = FORM
        headers["Content-Length"] = str(len(content))
    if not options.headers:
        return headers
    replaced = {name.lower() for name in options.headers}
    kept = {name: v for name, v in headers.items() if name.lower() not in replaced}
    return kept | dict(options.headers)


@cache
def user_agent() -> str:
    """Return a value such as `financial-connections/1.2.3 python/3.11.7`."""
    python = ".".join(map(str, sys.version_info[:3]))
    return f"financial-connections/{__version__} python/{python}"
