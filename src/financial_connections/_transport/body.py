"""Reading a body: bounded, and decompressed, while it streams."""

import zlib
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import suppress
from typing import Any

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes, after decompression: no page of the API comes near it."""

_STEP = 1024 * 1024


class BodyError(Exception):
    """The body cannot be read: it is too large, or not compressed as its headers say."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


async def read_body(response: Any, coding: str, limit: int = LARGEST_BODY) -> bytes:
    """Return the body of an httpx response, or raise `BodyError`. Counts while it inflates: bombs do not go off."""
    if response.is_stream_consumed:  # a mock's answer is read when it is made
        return _bounded(response.content, limit)
    coding = coding.strip().lower()
    if coding not in {"identity", "", "gzip", "x-gzip"}:
        raise BodyError(f"the body is compressed as {coding[:20]!r}, which was not asked for", retryable=False)
    chunks = aiter(response.stream)
    try:
        return await (_inflated if "gzip" in coding else _joined)(chunks, limit)
    except BodyError:
        await _break_off(response, chunks, limit)
        raise


async def _joined(chunks: AsyncIterable[bytes], limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        _check(size, limit)
        parts.append(chunk)
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _inflated(chunks: AsyncIterable[bytes], limit: int) -> bytes:
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)  # | 16: with a gzip header
    parts = bytearray()
    async for chunk in chunks:
        rest = chunk
        while rest and not inflater.eof:
            try:
                parts += inflater.decompress(rest, _STEP)
            except zlib.error:
                raise BodyError("the body is not gzip, though its headers say so", retryable=True) from None
            _check(len(parts), limit)
            rest = inflater.unconsumed_tail
    if not inflater.eof and parts:
        raise BodyError("the compressed body ends too early", retryable=True)
    return bytes(parts)


async def _break_off(response: Any, chunks: AsyncGenerator[bytes, None], limit: int) -> None:
    """
    End an iteration in the middle.

    httpx nests async generators, and closing the outermost leaves the others to the garbage collector, at which trio
    complains. So the rest is read, and where that is too much the connection is cut, which ends them all.
    """
    size = 0
    with suppress(Exception):
        async for chunk in chunks:
            size += len(chunk)
            if size > limit and "network_stream" in response.extensions:
                await response.extensions["network_stream"].aclose()


def _bounded(content: bytes, limit: int) -> bytes:
    _check(len(content), limit)
    return content


def _check(size: int, limit: int) -> None:
    if size > limit:
        raise BodyError(f"the body is larger than {limit // 1024 // 1024} MiB", retryable=False)
