"""Content codings: bodies of limited size, decompressed as they arrive."""

import re
import zlib
from io import BytesIO
from typing import Any, Protocol

from financial_connections._decoding.turns import Turns

MAX_BODY_BYTES = 32 * 1024 * 1024
"""Size limit before and after decompression, far above any page of the API."""

_MAX_INPUT, _MAX_OUTPUT = 64 * 1024, 128 * 1024
"""Number of bytes to decompress at once, before and after."""
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

    async def feed(self, data: bytes) -> None:
        """Add a chunk, and let other tasks run if that takes long.

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


class _Plain:
    """A body that is not compressed."""

    def __init__(self, limit: int) -> None:
        self._content = BytesIO()
        self._size = 0
        self._limit = limit

    async def feed(self, data: bytes) -> None:
        self._size += len(data)
        _check_size(self._size, self._limit)
        self._content.write(data)

    def result(self) -> bytes:
        return self._content.getvalue()


class _Gzip:
    """A gzip stream, which consists of one or more members."""

    name = "gzip"

    def __init__(self, limit: int) -> None:
        # Unlike a `bytearray`, it returns its content without copying it.
        self.output = BytesIO()
        self._limit = limit
        self._member: Any = None

    async def feed(self, data: bytes) -> None:
        # zlib copies the data after the end of a member, so passing all of the data to
        # each of thousands of members would take quadratic time.
        turns = Turns()
        position, step = 0, _MAX_INPUT
        while True:
            if self._member and self._member.eof:
                position = _PADDING.match(data, position).end()  # type: ignore[union-attr]
            if position == len(data):
                return
            if self._member is None or self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            piece = data[position : position + step]
            unused = await self._inflate(self._member, piece, turns)
            position += len(piece) - len(unused)
            step = _FIRST_STEP if self._member.eof else min(2 * step, _MAX_INPUT)

    def is_complete(self) -> bool:
        return self._member is None or self._member.eof

    async def _inflate(self, inflater: Any, data: bytes, turns: Turns) -> bytes:
        """Decompress data, and return what follows the end of the stream."""
        is_done = False
        while not is_done:
            part = inflater.decompress(data, _MAX_OUTPUT)
            self.output.write(part)
            _check_size(self.output.tell(), self._limit)
            data = inflater.unconsumed_tail
            is_done = inflater.eof or not (data or len(part) == _MAX_OUTPUT)
            await turns.end()
        return bytes(inflater.unused_data)


class _Deflate(_Gzip):
    """A zlib stream (`deflate` in HTTP), or the raw stream that some servers send."""

    name = "deflate"

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._head = b""

    async def feed(self, data: bytes) -> None:
        if self._member is None:
            self._head += data
            if len(self._head) < 2:  # noqa: PLR2004 - the header of a zlib stream
                return
            data, self._head = self._head, b""
            has_header = (
                data[0] & 15 == zlib.DEFLATED and int.from_bytes(data[:2]) % 31 == 0
            )
            self._member = zlib.decompressobj(_ZLIB if has_header else _RAW)
        turns = Turns()
        for position in range(0, len(data), _MAX_INPUT):
            piece = data[position : position + _MAX_INPUT]
            await self._inflate(self._member, piece, turns)

    def is_complete(self) -> bool:
        return not self._head and super().is_complete()


class _Compressed:
    """A compressed body."""

    def __init__(self, stream: _Gzip, limit: int) -> None:
        self._stream = stream
        self._size = 0
        self._limit = limit

    async def feed(self, data: bytes) -> None:
        self._size += len(data)
        _check_size(self._size, self._limit)
        try:
            await self._stream.feed(data)
        except zlib.error:
            raise BodyError(
                f"the body is not {self._stream.name}, although its headers say so",
                retryable=True,
            ) from None

    def result(self) -> bytes:
        if not self._stream.is_complete():
            raise BodyError("the compressed body is truncated", retryable=True)
        return self._stream.output.getvalue()


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise BodyError(
            f"the body is larger than {limit // 1024 // 1024} MiB", retryable=False
        )
