"""Read bodies: bounded, and decompressed while they stream."""

import re
import zlib
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import suppress
from typing import Any

import anyio
import anyio.lowlevel

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes, before and after decompression. No page of the API comes near it."""

_STEP = 1024 * 1024
_CHUNKS_AT_ONCE = 16
"""Chunks that are read before other tasks get their turn."""
_FIRST_STEP = 64
"""Bytes that are passed to a member at first."""
_PADDING = re.compile(rb"\0*")
"""Bytes that may follow a member."""
_GZIP = zlib.MAX_WBITS | 16
_ZLIB = zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS


class BodyError(Exception):
    """The body cannot be read: it is too large, or not compressed as its headers say."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


async def read_body(response: Any, coding: str, limit: int = LARGEST_BODY) -> bytes:
    """Return the body of an httpx response, or raise `BodyError`. Counts while it
    inflates, so bombs do not go off.
    """
    if response.is_stream_consumed:  # a mock's response is read when it is made
        return _bounded(response.content, limit)
    chunks = aiter(response.stream)
    try:
        return await _decoded(_Interruptible(chunks), coding.strip().lower(), limit)
    except BodyError:
        # Any other iterator ends with the connection.
        if isinstance(chunks, AsyncGenerator):
            await _break_off(chunks)
        raise


class _Interruptible(AsyncIterator[bytes]):
    """An iterator over chunks at which a call can be cancelled, however fast they
    arrive.

    If a server sends faster than the chunks are read, the next chunk is always there
    already. Then reading never suspends, or only for a moment at which anyio cannot
    deliver a cancellation to it, so no time limit would end it.
    """

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._left = _CHUNKS_AT_ONCE

    async def __anext__(self) -> bytes:
        if not self._left:
            await anyio.lowlevel.checkpoint()
            self._left = _CHUNKS_AT_ONCE
        self._left -= 1
        return await anext(self._chunks)


async def _decoded(chunks: AsyncIterable[bytes], coding: str, limit: int) -> bytes:
    if coding in {"identity", ""}:
        return await _joined(chunks, limit)
    if coding in {"gzip", "x-gzip"}:
        return await _inflated(chunks, _Gzip(limit), limit)
    if coding == "deflate":
        return await _inflated(chunks, _Deflate(limit), limit)
    raise BodyError(
        f"the body is compressed as {coding[:20]!r}, which was not asked for",
        retryable=False,
    )


async def _joined(chunks: AsyncIterable[bytes], limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        _check(size, limit)
        parts.append(chunk)
    return parts[0] if len(parts) == 1 else b"".join(parts)


class _Gzip:
    """A gzip stream: one member after the other."""

    name = "gzip"

    def __init__(self, limit: int) -> None:
        self.output = bytearray()
        self._limit = limit
        self._member: Any = None

    def feed(self, data: bytes) -> None:
        # zlib copies all that follows a member, so passing everything to each of
        # thousands would take quadratic time.
        position, step = 0, len(data)
        while True:
            if self._member and self._member.eof:
                position = _PADDING.match(data, position).end()  # type: ignore[union-attr]
            if position == len(data):
                return
            if self._member is None or self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            piece = data[position : position + step]
            position += len(piece) - len(self._inflate(self._member, piece))
            step = _FIRST_STEP if self._member.eof else 2 * step

    def is_complete(self) -> bool:
        return self._member is None or self._member.eof

    def _inflate(self, inflater: Any, data: bytes) -> bytes:
        """Decompress `data`, and return what follows the end of the compressed stream."""
        is_done = False
        while not is_done:
            part = inflater.decompress(data, _STEP)
            self.output += part
            _check(len(self.output), self._limit)
            data = inflater.unconsumed_tail
            is_done = inflater.eof or not (data or len(part) == _STEP)
        return bytes(inflater.unused_data)


class _Deflate(_Gzip):
    """A zlib stream, as HTTP defines `deflate`, or the bare stream that some servers
    send.
    """

    name = "deflate"

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._head = b""

    def feed(self, data: bytes) -> None:
        if self._member is None:
            self._head += data
            if len(self._head) < 2:  # noqa: PLR2004 - the header of a zlib stream
                return
            data, self._head = self._head, b""
            has_header = (
                data[0] & 15 == zlib.DEFLATED and int.from_bytes(data[:2]) % 31 == 0
            )
            self._member = zlib.decompressobj(_ZLIB if has_header else _RAW)
        self._inflate(self._member, data)

    def is_complete(self) -> bool:
        return not self._head and super().is_complete()


async def _inflated(chunks: AsyncIterable[bytes], stream: _Gzip, limit: int) -> bytes:
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        _check(size, limit)
        try:
            stream.feed(chunk)
        except zlib.error:
            raise BodyError(
                f"the body is not {stream.name}, though its headers say so",
                retryable=True,
            ) from None
    if not stream.is_complete():
        raise BodyError("the compressed body ends too early", retryable=True)
    return bytes(stream.output)


async def _break_off(chunks: AsyncGenerator[bytes, None]) -> None:
    """End an iteration in the middle.

    httpx nests async generators, and closing the outermost leaves the others to the
    garbage collector, at which trio complains. A cancellation ends them all, and makes
    the HTTP library close the connection, unless all of the body is there already.
    """
    with anyio.CancelScope() as scope, suppress(Exception):
        scope.cancel()
        async for _ in _Interruptible(chunks):
            pass
    with suppress(Exception):
        await (
            chunks.aclose()
        )  # which has ended already, unless its chunks need no waiting


def _bounded(content: bytes, limit: int) -> bytes:
    _check(len(content), limit)
    return content


def _check(size: int, limit: int) -> None:
    if size > limit:
        raise BodyError(
            f"the body is larger than {limit // 1024 // 1024} MiB", retryable=False
        )
