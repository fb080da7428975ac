"""Read bodies so that they can be cancelled however fast they arrive."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Any

import anyio
import anyio.lowlevel

from financial_connections._transport.coding import BodyError, new_body

_CHUNKS_BETWEEN_CHECKPOINTS = 16


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
        await body.feed(response.content)
        return body.result()
    chunks = aiter(response.stream)
    try:
        body = new_body(coding, limit)
        async for chunk in Interruptible(chunks):
            await body.feed(chunk)
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
