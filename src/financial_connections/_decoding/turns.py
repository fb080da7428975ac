"""Decode responses without blocking the event loop.

msgspec decodes a page that matches in a fraction of a millisecond. One that does not
match takes Python code for each field, and a hostile one can take seconds. Its items
are therefore decoded in turns with other tasks, and large parts in a thread. Threads
are not used for everything, because a thread that runs Python code lets the event loop
continue only every 5 ms (`sys.getswitchinterval`).
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar, TypeVarTuple

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar, checkpoint

from financial_connections._decoding.charset import to_utf8
from financial_connections._decoding.decode import decode_matching, finish
from financial_connections._decoding.json import (
    ContentError,
    split_array,
    split_object,
)
from financial_connections._decoding.lenient import (
    Document,
    Fit,
    decode_fields,
    decode_parts,
    fit,
    join_fits,
)
from financial_connections._decoding.model import Model, ModelT
from financial_connections._decoding.shape import shape_of
from financial_connections._response import Origin, request_id_of

_TURN = 0.0005
"""Seconds to work before other tasks get their turn."""
_LARGE = 16 * 1024
"""Number of bytes from which JSON text is processed in a thread."""
_TOO_LONG = 512 * 1024
"""Number of bytes from which even a page that matches is decoded item by item."""
_THREADS = 2
"""Maximum number of threads of an event loop. More would not be faster."""

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

_limiter: RunVar[CapacityLimiter] = RunVar("financial_connections_decoding")


class Turns:
    """Give other tasks a turn whenever this one has worked for long enough."""

    def __init__(self) -> None:
        self._began = time.perf_counter()

    async def end(self) -> None:
        """Let other tasks run if this turn has been long."""
        if time.perf_counter() - self._began >= _TURN:
            await checkpoint()
            self._began = time.perf_counter()


async def run_by_size(
    content: bytes, function: Callable[[*Arguments], T], *arguments: *Arguments
) -> T:
    """Run a function that processes JSON text, in a thread if the text is large.

    Args:
        content: The text.
        function: The function.
        arguments: Arguments of the function.
    """
    if len(content) < _LARGE:
        return function(*arguments)
    return await run_in_thread(function, *arguments)


async def run_in_thread(
    function: Callable[[*Arguments], T], *arguments: *Arguments
) -> T:
    """Run a function that takes long in a thread.

    Args:
        function: The function. If the call is cancelled, its thread continues.
        arguments: Arguments of the function.
    """
    limiter = _limiter.get(None)
    if limiter is None:
        # Separate from anyio's own, whose threads may all wait for calls to end.
        limiter = CapacityLimiter(_THREADS)
        _limiter.set(limiter)
    return await to_thread.run_sync(
        function, *arguments, abandon_on_cancel=True, limiter=limiter
    )


async def decode_in_turns(
    cls: type[ModelT],
    content: bytes,
    origin: Origin,
    content_type: str | None = None,
    on_misfits: Callable[[tuple[str, ...]], object] | None = None,
) -> ModelT:
    """Do what `decode` does, but let other tasks run if it takes long.

    Args:
        cls: Class of the model.
        content: The body of a response.
        origin: The response, or only the ID of its request.
        content_type: Value of the `Content-Type` header, which may declare a charset.
        on_misfits: Called with the names of the fields that do not match the schema.

    Raises:
        ContentError: The content is not a JSON object, or it is a list without `data`.
    """
    document = Document(request_id_of(origin))
    text = to_utf8(content, content_type)
    model = None
    if len(text) < _TOO_LONG or shape_of(cls).item_class is None:
        model = decode_matching(cls, text, document)
    if model is None:
        with suppress(RecursionError):
            model = await _decode_leniently(cls, text, document)
    if model is None:
        raise ContentError("the JSON is nested too deeply")
    return finish(model, origin, document, on_misfits)


async def _decode_leniently(
    cls: type[ModelT], content: bytes, document: Document
) -> ModelT:
    item_class = shape_of(cls).item_class
    if item_class is None:
        return await run_by_size(content, decode_fields, cls, content, document)
    parts = await run_by_size(content, split_object, content)
    fitted: dict[str, Fit] = {}
    data = parts.get("data", b"")
    if data.startswith(b"["):
        fitted["data"] = await _fit_items(item_class, data, document)
    return await run_by_size(
        content, decode_parts, cls, content, parts, document, fitted
    )


async def _fit_items(
    item_class: type[Model], content: bytes, document: Document
) -> Fit:
    turns = Turns()
    entries: list[Fit] = []
    for entry in await run_by_size(content, split_array, content):
        entries.append(await run_by_size(entry, fit, item_class, entry, document))
        await turns.end()
    return join_fits(entries)
