"""Pass results from background tasks to a consumer without losing any."""

from collections import deque
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from typing import Generic, TypeVar

import anyio
from attrs import define, field, frozen

T = TypeVar("T")


@frozen(eq=False)
class _Failure:
    error: BaseException


class ResultQueue(AsyncIterator[T], Generic[T]):
    """A queue from which no item is lost if its consumer is cancelled.

    A memory stream assigns an item to a receiver that has not run yet. If that task is
    cancelled natively (`asyncio.timeout`, `wait_for`) before it runs, the item is lost.
    Here, the consumer removes an item and returns it without an `await` in between.

    The iteration ends once all producers have finished. A producer's error is raised in
    the consumer, and raised again on every later attempt to read, because an incomplete
    stream must not look complete.
    """

    def __init__(self, block: str, producers: int) -> None:
        self._block = block
        self._producers = producers
        self._items: deque[tuple[T | _Failure, anyio.Event]] = deque()
        self._changed = anyio.Event()
        self._error: BaseException | None = None
        self._has_failed = False
        self._is_closed = False
        # Looked up here, because asyncio calls `finish` outside any task if a task is
        # cancelled before its first step.
        self._cancelled = anyio.get_cancelled_exc_class()
        self.demand = anyio.Event()
        """Set whenever the consumer waits for an item. To detect the next time, a
        producer replaces the event first.
        """

    @property
    def has_failed(self) -> bool:
        """True if a producer has failed, even if the error has not been raised yet."""
        return self._has_failed

    def add_producer(self) -> None:
        """Count another producer, whose end the iteration waits for."""
        self._producers += 1

    def finish(self, error: BaseException | None) -> None:
        """Count a producer as finished and pass on its error."""
        if isinstance(error, self._cancelled):
            # The task was cancelled from outside the block, so the stream is
            # incomplete.
            error = RuntimeError(
                f"a background task of the {self._block} was cancelled"
            )
        elif isinstance(error, StopAsyncIteration):
            # Raised in the consumer, it would look like the end of the stream.
            text = f"a background task of the {self._block} raised StopAsyncIteration"
            cause, error = error, RuntimeError(text)
            error.__cause__ = cause
        if error is not None:
            self._has_failed = True
            self._append(_Failure(error))
        self._producers -= 1
        self._changed.set()

    def put(self, item: T) -> anyio.Event:
        """Append an item and return an event that is set when it has been taken."""
        return self._append(item)

    def close(self) -> None:
        """Discard all items and end the iteration with an error."""
        self._is_closed = True
        self._items.clear()
        self._changed.set()

    async def __anext__(self) -> T:
        while not self._items:
            self._require_open()
            if not self._producers:
                raise StopAsyncIteration
            if self._changed.is_set():
                self._changed = anyio.Event()
            self.demand.set()
            await self._changed.wait()
        self._require_open()
        item, taken = self._items.popleft()
        taken.set()
        if isinstance(item, _Failure):
            self._error = item.error
            raise item.error
        return item

    def _append(self, item: T | _Failure) -> anyio.Event:
        taken = anyio.Event()
        self._items.append((item, taken))
        self._changed.set()
        return taken

    def _require_open(self) -> None:
        if self._error is not None:
            # Without the traceback, which would grow each time the error is raised.
            raise self._error.with_traceback(None)
        if self._is_closed:
            raise RuntimeError(
                f"the {self._block} has been closed: iterate inside its `async with` "
                "block"
            )


@define
class OneAtATime:
    """A guard against iterating from two tasks at once."""

    subject: str
    """Subject of the error message, such as "a list"."""
    _is_held: bool = field(default=False, init=False)

    @contextmanager
    def hold(self) -> Generator[None, None, None]:
        """Hold the guard during a `with` block.

        Raises:
            RuntimeError: Another task holds it.
        """
        if self._is_held:
            raise RuntimeError(
                f"another task is iterating over {self.subject}: use a separate one in "
                "each task"
            )
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
