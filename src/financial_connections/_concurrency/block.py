"""An `async with` block around an object that can also be iterated over."""

import sys
from abc import abstractmethod
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Block(AbstractAsyncContextManager[T_co], Generic[T_co]):
    """A context manager that can be entered again after it has exited.

    Subclasses register their cleanup in `_enter`, so they need neither an exit method
    nor attributes that are set only inside the block.

    `contextlib.asynccontextmanager` cannot replace this class, for two reasons. Its
    result cannot be iterated over. It is also an async generator: an event loop that
    shuts down finalizes each open generator separately, which breaks nested ones, such
    as a block inside a caller's generator.
    """

    _exits: AsyncExitStack | None = None
    """Set while the block is open."""

    @abstractmethod
    async def _enter(self, exits: AsyncExitStack, /) -> T_co:
        """Return the target of the `async with` statement."""

    async def __aenter__(self) -> T_co:
        if self._exits is not None:
            raise RuntimeError(
                "this block is already open: create a new one for each `async with`"
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
