"""Pass items from background tasks to a consumer, one owner at every instant."""

from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

import anyio
from attrs import define, field, frozen

T = TypeVar("T")


@frozen(eq=False)
class _Failure:
    error: BaseException


class Handover(AsyncIterator[T], Generic[T]):
    """A queue from which an item is taken and returned without an `await` in between.

    A memory stream gives an item to a receiver that has yet to wake up. If that task is
    cancelled natively first (`asyncio.timeout`, `wait_for`), the item is lost. Here it
    stays in the queue until the consumer itself removes it.

    Iterating ends once all `producers` have finished. An error of one is raised where
    the items are taken, and again at each further attempt: items that broke off must
    not look complete.
    """

    def __init__(self, block: str, producers: int) -> None:
        self._block = block
        self._producers = producers
        self._items: deque[tuple[T | _Failure, anyio.Event]] = deque()
        self._changed = anyio.Event()
        self._error: BaseException | None = None
        self._is_closed = False
        self.demand = anyio.Event()
        """Set whenever the consumer waits for an item. A producer that needs to know
        replaces it first.
        """

    @property
    def has_failed(self) -> bool:
        """True if an error ends this queue, now or when the consumer gets to it."""
        return self._error is not None or any(
            isinstance(item, _Failure) for item, _ in self._items
        )

    def finish(self, error: BaseException | None) -> None:
        """Count a producer as finished, and pass on what it has ended in."""
        if isinstance(error, anyio.get_cancelled_exc_class()):
            # Someone else has cancelled its task: what the consumer has must not look
            # complete.
            error = RuntimeError(
                f"a background task of the {self._block} was cancelled"
            )
        if error is not None:
            self._append(_Failure(error))
        self._producers -= 1
        self._changed.set()

    def offer(self, item: T) -> anyio.Event:
        """Append an item, and return the event that is set when it has been taken."""
        return self._append(item)

    def close(self) -> None:
        """End the queue, whoever waits for an item."""
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
            raise self._error.with_traceback(None)
        if self._is_closed:
            raise RuntimeError(
                f"the {self._block} is over: iterate inside its `async with` block"
            )


@define
class OneAtATime:
    """A guard that lets one task in at a time."""

    what: str
    _is_busy: bool = field(default=False, init=False)

    def __enter__(self) -> None:
        if self._is_busy:
            raise RuntimeError(
                f"{self.what} is being iterated by another task: give each task its own"
            )
        self._is_busy = True

    def __exit__(self, *_: object) -> None:
        self._is_busy = False
