"""An `async with` block around an object that can also be iterated over."""

import sys
from abc import abstractmethod
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Block(AbstractAsyncContextManager[T_co], Generic[T_co]):
    """A context manager that can be entered again once it has been left.

    Subclasses register in `_enter` what to do at the end of the block, so they need no
    method for leaving it and no attributes that exist only inside it.

    `contextlib.asynccontextmanager` cannot replace this class, for two reasons. Its
    result cannot be iterated over. It is also an async generator: when an event loop
    ends, it finalises each generator that is still open on its own, which breaks those
    that are nested, such as a block inside a generator of the caller.
    """

    _exits: AsyncExitStack | None = None
    """Set while the block is open."""

    @abstractmethod
    async def _enter(self, exits: AsyncExitStack, /) -> T_co:
        """Return the value of the block."""

    async def __aenter__(self) -> T_co:
        if self._exits is not None:
            raise RuntimeError(
                "this block is already open: create another one for each `async with`"
            )
        self._exits = AsyncExitStack()
        try:
            return await self._enter(self._exits)
        except BaseException:
            await self.__aexit__(*sys.exc_info())
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        exits, self._exits = self._exits, None
        if exits is not None:
            await exits.__aexit__(kind, error, traceback)
