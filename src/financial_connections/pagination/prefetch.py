"""Fetch pages while the ones before them are worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Generic, TypeVar

import anyio
from attrs import frozen

from financial_connections._concurrency import (
    BackgroundTasks,
    Block,
    Handover,
    OneAtATime,
)
from financial_connections._request import request_sent

_HEAD_START = 0.1
"""Seconds that a page waits at most for the next request to leave; it takes
milliseconds on an open connection.
"""

PageT = TypeVar("PageT")
T = TypeVar("T")


class Prefetch(Block[AsyncIterator[T]], Generic[PageT, T]):
    """An `async with` block over items whose next pages are fetched in the background.

    No task outlives the block. After an error, iterating goes on with the page that
    failed. In an async generator, use `contextlib.aclosing` around it, or the fetching
    goes on until the generator is collected as garbage.
    """

    def __init__(
        self,
        pages: Callable[[], AsyncIterator[PageT]],
        items: Callable[[AsyncIterator[PageT]], AsyncIterator[T]],
        ahead: int,
    ) -> None:
        self._pages = pages
        self._items = items
        self._ahead = ahead

    async def _enter(self, tasks: BackgroundTasks, /) -> AsyncIterator[T]:
        self._parcels: Handover[_Parcel[PageT]] = Handover("prefetch", 1)
        fetch = partial(_fetch_ahead, self._pages(), self._parcels, self._ahead)
        tasks.start(fetch, self._parcels.finish)
        return self._items(_Pages(self._parcels))

    def _leave(self, _: BaseException | None, /) -> None:
        self._parcels.close()


@frozen(eq=False)
class _Parcel(Generic[PageT]):
    result: PageT | Exception
    is_next_sent: anyio.Event
    """Set as soon as the request for the page after this one is on the wire."""


async def _fetch_ahead(
    pages: AsyncIterator[PageT], parcels: Handover[_Parcel[PageT]], ahead: int
) -> None:
    waiting: deque[anyio.Event] = deque()
    is_sent = anyio.Event()
    while True:
        request_sent.set(is_sent)
        try:
            result: PageT | Exception = await anext(pages)
        except StopAsyncIteration:
            is_sent.set()
            return
        except Exception as error:  # noqa: BLE001 - raised where the page is due
            result = error
        is_sent.set()
        is_sent = anyio.Event()
        waiting.append(parcels.offer(_Parcel(result, is_sent)))
        if isinstance(result, Exception):
            is_sent.set()
            parcels.demand = anyio.Event()
            await waiting.pop().wait()
            # The page is requested again when the consumer comes back for it, and not
            # before.
            await parcels.demand.wait()
            waiting.clear()
        # The page being fetched is one ahead; the others wait in the queue.
        while len(waiting) >= ahead:
            await waiting.popleft().wait()


class _Pages(AsyncIterator[PageT]):
    def __init__(self, parcels: Handover[_Parcel[PageT]]) -> None:
        self._parcels = parcels
        self._parcel: _Parcel[PageT] | None = None
        self._guard = OneAtATime("a prefetching iterator")

    async def __anext__(self) -> PageT:
        with self._guard:
            # Kept until it is returned: whoever is cancelled while waiting finds it
            # here the next time.
            if self._parcel is None:
                self._parcel = await anext(self._parcels)
            # A consumer that computes without awaiting blocks the event loop: the next
            # request leaves first.
            with anyio.move_on_after(_HEAD_START):
                await self._parcel.is_next_sent.wait()
            result, self._parcel = self._parcel.result, None
        if isinstance(result, Exception):
            raise result
        return result
