"""Build httpx requests without the defaults that httpx's client adds."""

from collections.abc import AsyncIterator
from functools import cache, lru_cache
from typing import Any

from financial_connections._settings import Timeout
from financial_connections._transport.private import unparsed_url
from financial_connections._transport.wire import WireRequest


def prepare_request(request: WireRequest, limits: Timeout, library: Any) -> Any:
    """Build a request object of the HTTP library.

    Args:
        request: The request to send.
        limits: Time limits for the attempt. Only the limit on connecting is passed to
            the library, because the caller limits the attempt as a whole.
        library: httpx or httpx2.
    """
    connect = min(limits.connect, limits.seconds)
    extensions: dict[str, Any] = {"timeout": {"connect": connect}}
    base = _base_url(library, request.base_url)
    # Given a stream, the library adds no headers of its own. Adding them would take as
    # long as everything else.
    prepared = library.Request(
        request.method,
        base,
        headers=request.headers,
        stream=_body_class(library)(request.content),
        extensions=extensions,
    )
    prepared.url = unparsed_url(library, base, f"{request.path}{request.query}")
    prepared.read()
    return prepared


@lru_cache
def _base_url(library: Any, base_url: str) -> Any:
    return library.URL(base_url)


class _SingleChunk(AsyncIterator[bytes]):
    def __init__(self, content: bytes) -> None:
        self._chunks = [content] if content else []

    async def __anext__(self) -> bytes:
        if not self._chunks:
            raise StopAsyncIteration
        return self._chunks.pop()


@cache
def _body_class(library: Any) -> Any:
    """Return a subclass of the library's request body without its async generator.

    If a write is cancelled, a generator is left to the garbage collector, which trio
    warns about.
    """

    class Body(library.ByteStream):  # type: ignore[misc]
        def __init__(self, content: bytes) -> None:
            super().__init__(content)
            self._content = content

        def __aiter__(self) -> AsyncIterator[bytes]:
            return _SingleChunk(self._content)

    return Body
