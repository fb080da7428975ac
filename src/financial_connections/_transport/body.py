"""Read bodies of limited size, decompressing them as they arrive."""

import re
import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Any, Protocol

import anyio
import anyio.lowlevel

MAX_BODY_BYTES = 32 * 1024 * 1024
"""Size limit before and after decompression, far above any page of the API."""

_MAX_OUTPUT = 1024 * 1024
"""Number of bytes to decompress at once."""
_CHUNKS_BETWEEN_CHECKPOINTS = 16
_FIRST_STEP = 64
"""Number of bytes to pass to a new gzip member at first."""
_PADDING = re.compile(rb"\0*")
"""Bytes that may follow a gzip member."""
_GZIP = zlib.MAX_WBITS | 16
_ZLIB = zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS


class BodyError(Exception):
    """The body is too large, or is not compressed as its headers say."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class Body(Protocol):
    """A body that is decompressed while it arrives."""

    def feed(self, data: bytes) -> None:
        """Add a chunk.

        Raises:
            BodyError: The body is too large, or is not compressed as declared.
        """
        ...

    def result(self) -> bytes:
        """Return the body after the last chunk.

        Raises:
            BodyError: The compressed body is incomplete.
        """
        ...


def new_body(coding: str, limit: int | None = None) -> Body:
    """Return a body that has not arrived yet.

    Args:
        coding: Value of its `Content-Encoding`.
        limit: Maximum number of bytes, before and after decompression. Defaults to
            `MAX_BODY_BYTES`.

    Raises:
        BodyError: The content coding is not supported.
    """
    limit = MAX_BODY_BYTES if limit is None else limit
    coding = coding.strip().lower()
    if coding in {"identity", ""}:
        return _Plain(limit)
    if coding in {"gzip", "x-gzip"}:
        return _Compressed(_Gzip(limit), limit)
    if coding == "deflate":
        return _Compressed(_Deflate(limit), limit)
    raise BodyError(
        f"the body is compressed as {coding[:20]!r}, which was not requested",
        retryable=False,
    )


async def read_body(response: Any, coding: str, limit: int | None = None) -> bytes:
    """Return the body of an httpx response.

    The size is checked during decompression, so that a decompression bomb cannot
    exhaust memory.

    Args:
        response: The response.
        coding: Value of its `Content-Encoding`.
        limit: Maximum number of bytes, before and after decompression. Defaults to
            `MAX_BODY_BYTES`.

    Raises:
        BodyError: The body cannot be read.
    """
    if response.is_stream_consumed:  # a mock response is created with its body read
        body = new_body("identity", limit)
        body.feed(response.content)
        return body.result()
    chunks = aiter(response.stream)
    try:
        body = new_body(coding, limit)
        async for chunk in Interruptible(chunks):
            body.feed(chunk)
        return body.result()
    except BodyError:
        # Closing the connection ends any other iterator.
        if isinstance(chunks, AsyncGenerator):
            await _stop(chunks)
        raise


class Interruptible(AsyncIterator[bytes]):
    """An iterator over chunks that can be cancelled however fast they arrive.

    If a server sends chunks faster than they are read, the next one is always
    available. Reading then never suspends, or not long enough for anyio to deliver a
    cancellation, so no timeout would end it.
    """

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._remaining = _CHUNKS_BETWEEN_CHECKPOINTS

    async def __anext__(self) -> bytes:
        if not self._remaining:
            await anyio.lowlevel.checkpoint()
            self._remaining = _CHUNKS_BETWEEN_CHECKPOINTS
        self._remaining -= 1
        return await anext(self._chunks)


class _Plain:
    """A body that is not compressed."""

    def __init__(self, limit: int) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._limit = limit

    def feed(self, data: bytes) -> None:
        self._size += len(data)
        _check_size(self._size, self._limit)
        self._parts.append(data)

    def result(self) -> bytes:
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)


class _Gzip:
    """A gzip stream, which consists of one or more members."""

    name = "gzip"

    def __init__(self, limit: int) -> None:
        self.output = bytearray()
        self._limit = limit
        self._member: Any = None

    def feed(self, data: bytes) -> None:
        # zlib copies the data after the end of a member, so passing all of the data to
        # each of thousands of members would take quadratic time.
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
        """Decompress data, and return what follows the end of the stream."""
        is_done = False
        while not is_done:
            part = inflater.decompress(data, _MAX_OUTPUT)
            self.output += part
            _check_size(len(self.output), self._limit)
            data = inflater.unconsumed_tail
            is_done = inflater.eof or not (data or len(part) == _MAX_OUTPUT)
        return bytes(inflater.unused_data)


class _Deflate(_Gzip):
    """A zlib stream (`deflate` in HTTP), or the raw stream that some servers send."""

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


class _Compressed:
    """A compressed body."""

    def __init__(self, stream: _Gzip, limit: int) -> None:
        self._stream = stream
        self._size = 0
        self._limit = limit

    def feed(self, data: bytes) -> None:
        self._size += len(data)
        _check_size(self._size, self._limit)
        try:
            self._stream.feed(data)
        except zlib.error:
            raise BodyError(
                f"the body is not {self._stream.name}, although its headers say so",
                retryable=True,
            ) from None

    def result(self) -> bytes:
        if not self._stream.is_complete():
            raise BodyError("the compressed body is truncated", retryable=True)
        return bytes(self._stream.output)


async def _stop(chunks: AsyncGenerator[bytes, None]) -> None:
    """Stop an iteration early.

    httpx nests async generators. Closing only the outermost one would leave the others
    to the garbage collector, which trio warns about. A cancellation ends them all and
    makes the HTTP library close the connection, unless the whole body has arrived.
    """
    with anyio.CancelScope() as scope, suppress(Exception):
        scope.cancel()
        async for _ in Interruptible(chunks):
            pass
    # An iteration that never waits does not notice the cancellation.
    with suppress(Exception):
        await chunks.aclose()


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise BodyError(
            f"the body is larger than {limit // 1024 // 1024} MiB", retryable=False
        )
