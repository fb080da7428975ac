"""Metadata of responses, which results keep."""

from collections.abc import Iterator, Mapping
from typing import Any, Self, TypeAlias

import msgspec.msgpack
from attrs import field, frozen

from financial_connections._redact import Mask, Secret


class Headers(Mapping[str, str]):
    """Read-only headers with case-insensitive names, in which secrets are masked.

    Pickles do not contain them.

    Args:
        values: The headers.
        api_key: API key that was sent, which is masked like everything that looks like
            a secret.
    """

    __slots__ = ("_api_key", "_values")

    def __init__(
        self, values: Mapping[str, str] | None = None, api_key: Secret | None = None
    ) -> None:
        # Headers are rarely read, but are kept as long as the result.
        # Packed, they take a third of the memory. Masking them would be slow.
        self._values: bytes | dict[str, str] = msgspec.msgpack.encode(values or {})
        self._api_key = api_key

    def _masked(self) -> dict[str, str]:
        values = self._values
        if isinstance(values, bytes):
            mask = Mask([self._api_key.reveal()] if self._api_key else [])
            headers: dict[str, str] = msgspec.msgpack.decode(values)
            values = {mask(name.lower()): mask(v) for name, v in headers.items()}
            self._values = values
        return values

    def __getitem__(self, name: str) -> str:
        return self._masked()[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._masked())

    def __len__(self) -> int:
        return len(self._masked())

    def __repr__(self) -> str:
        return f"<Headers: {', '.join(self)}>"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), ()


def _headers_from(value: Mapping[str, str]) -> Headers:
    return value if isinstance(value, Headers) else Headers(dict(value))


@frozen(eq=False, kw_only=True)
class ResponseInfo:
    """Metadata of the response that contained a result."""

    status: int
    """Status of the response, 200 to 299."""
    headers: Mapping[str, str] = field(converter=_headers_from, repr=False)
    """Headers of the response, with case-insensitive names and secrets masked. Pickles
    do not contain them.
    """
    request_id: str | None
    """Stripe's ID of the request (`req_…`); None if the response has none."""
    attempts: int
    """Number of times the request was sent."""
    idempotency_key: str | None
    """Idempotency key of a POST; None for other methods."""
    replayed: bool
    """True for the stored response to an earlier request with the same idempotency key.
    """
    seconds: float
    """Seconds that the call took until the response had been read, including retries
    and waits.
    """


@frozen(eq=False, kw_only=True)
class RawResponse(ResponseInfo):
    """A 2xx response that has not been decoded."""

    content: bytes = field(repr=False)
    """Body of the response."""


Origin: TypeAlias = ResponseInfo | str | None
"""The response to the call that returned an object, or only the ID of the request."""


def request_id_of(origin: Origin) -> str | None:
    """Return the ID of the request that returned an object."""
    return origin.request_id if isinstance(origin, ResponseInfo) else origin
