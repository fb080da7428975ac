"""A request and the settings → exactly what goes over the wire, the same on every
attempt. Pure.
"""

import sys
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

LONGEST_URL = 16_384
"""Characters; servers refuse longer ones, and httpx those above 65,536."""

FORM = "application/x-www-form-urlencoded"


class Origin(NamedTuple):
    """What a connection leads to, and what decides on its TLS and its proxy."""

    scheme: str
    authority: str
    """The host, with the port unless it is the scheme's own."""


@frozen(kw_only=True)
class WireRequest:
    """A request as it is sent."""

    method: str
    origin: Origin
    base_url: str
    path: str
    """The path without the base URL and the query: what may be logged."""
    query: str = field(repr=False)
    """With its question mark, or empty."""
    headers: dict[str, str | bytes] = field(repr=False)
    content: bytes = field(repr=False)
    idempotency_key: str | None

    @property
    def url(self) -> str:
        """All of it."""
        return f"{self.base_url}{self.path}{self.query}"


def wire_request(
    request: Request, settings: Settings, options: RequestOptions
) -> WireRequest:
    """Return what is sent. Raises `InvalidArgumentError` for what cannot be."""
    path = encode_path(request.path, request.ids)
    params = encode_params(
        request.params,
        arrays=request.arrays,
        required=request.required,
        free_text=request.free_text,
    )
    is_post = request.method == "POST"
    key = (options.idempotency_key or str(uuid4())) if is_post else None
    origin = _origin_of(settings.base_url)
    content = params.encode() if is_post else b""
    query = f"?{params}" if params and not is_post else ""
    if len(settings.base_url) + len(path) + len(query) > LONGEST_URL:
        raise InvalidArgumentError(
            f"the ids and parameters make a URL of more than {LONGEST_URL} characters"
        )
    return WireRequest(
        method=request.method,
        origin=origin,
        base_url=settings.base_url,
        path=path,
        query=query,
        headers=_headers(settings, options, origin, key, content),
        content=content,
        idempotency_key=key,
    )


class _SecretBytes(bytes):
    """A header's value that HTTP libraries pass on as it is, and that no repr, text,
    traceback or pickle shows.
    """

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
        return bytes, (b"***",)  # requests that a mock has recorded may be pickled


@lru_cache
def _origin_of(base_url: str) -> Origin:
    parts = urlsplit(base_url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    is_usual = parts.port in {None, 443 if parts.scheme == "https" else 80}
    return Origin(parts.scheme, f"{host}" if is_usual else f"{host}:{parts.port}")


def _headers(
    settings: Settings,
    options: RequestOptions,
    origin: Origin,
    idempotency_key: str | None,
    content: bytes,
) -> dict[str, str | bytes]:
    headers: dict[str, str | bytes] = {
        "Host": origin.authority,
        "Authorization": _SecretBytes(f"Bearer {settings.api_key.reveal()}".encode()),
        "Stripe-Version": API_VERSION,
        "User-Agent": user_agent(),
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
    }
    if settings.stripe_account:
        headers["Stripe-Account"] = settings.stripe_account
    if settings.stripe_context:
        headers["Stripe-Context"] = settings.stripe_context
    if idempotency_key:
        headers["Idempotency-Key"] = idempotency_key
        headers["Content-Type"] = FORM
        headers["Content-Length"] = str(len(content))
    if not options.headers:
        return headers
    own = {name.lower() for name in options.headers}
    return {
        name: text for name, text in headers.items() if name.lower() not in own
    } | dict(options.headers)


@cache
def user_agent() -> str:
    """Return `financial-connections/1.2.3 python/3.11.7`."""
    return f"financial-connections/{__version__} python/{'.'.join(map(str, sys.version_info[:3]))}"
