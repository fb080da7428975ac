"""Pages fetched while the ones before are worked on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio
from attrs import frozen

from financial_connections._concurrency import ended
from financial_connections._request import request_sent

if TYPE_CHECKING:
    from types import TracebackType

    from anyio.abc import TaskGroup
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

_HEAD_START = 0.1
"""Seconds that a page waits at most for the next request to leave; it takes milliseconds on an open connection."""

PageT = TypeVar("PageT")
T = TypeVar("T")


class Prefetch(Generic[PageT, T]):
    """`async with` gives the items; no task outlives the block."""

    def __init__(
        self,
        pages: Callable[[], AsyncIterator[PageT]],
        items: Callable[[AsyncIterator[PageT]], AsyncIterator[T]],
        ahead: int,
    ) -> None:
        self._pages = pages
        self._items = items
        self._ahead = ahead
        self._tasks: TaskGroup
        self._receive: MemoryObjectReceiveStream[_Parcel[PageT]]

    async def __aenter__(self) -> AsyncIterator[T]:
        # The page being sent is one ahead; the buffer holds the others.
        send, self._receive = anyio.create_memory_object_stream[_Parcel[PageT]](self._ahead - 1)
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        self._tasks.start_soon(self._fetch_ahead, send)
        return self._items(_Received(self._receive))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        self._receive.close()
        return await ended(self._tasks, kind, error, traceback)

    async def _fetch_ahead(self, send: MemoryObjectSendStream[_Parcel[PageT]]) -> None:
        pages = self._pages()
        under_way = anyio.Event()
        async with send:
            try:
                while True:
                    request_sent.set(under_way)
                    page = await anext(pages)
                    under_way.set()
                    under_way = anyio.Event()
                    await send.send(_Parcel(page, under_way))
            except StopAsyncIteration:
                under_way.set()
            except Exception as error:  # noqa: BLE001 - raised again where the items are consumed
                under_way.set()
                await send.send(_Parcel(error, under_way))


@frozen(eq=False)
class _Parcel(Generic[PageT]):
    page: PageT | Exception
    next_under_way: anyio.Event
    """Set as soon as the request for the page after this one is on the wire."""


class _Received(AsyncIterator[PageT]):
    def __init__(self, receive: MemoryObjectReceiveStream[_Parcel[PageT]]) -> None:
        self._receive = receive
        self._parcel: _Parcel[PageT] | None = None

    async def __anext__(self) -> PageT:
        # Kept until it is handed over: whoever is cancelled in between finds it here the next time.
        if self._parcel is None:
            try:
                self._parcel = await self._receive.receive()
            except anyio.EndOfStream:
                raise StopAsyncIteration from None
        page = self._parcel.page
        if isinstance(page, Exception):
            raise page  # again and again: a list that broke off must not look complete
        # A consumer that computes without awaiting takes the event loop with it: the next request leaves first.
        with anyio.move_on_after(_HEAD_START):
            await self._parcel.next_under_way.wait()
        self._parcel = None
        return page
