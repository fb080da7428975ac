"""An `async with` block with background tasks."""

from abc import abstractmethod
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Generic, TypeVar

from financial_connections._concurrency.background import BackgroundTasks

T_co = TypeVar("T_co", covariant=True)


class Block(AbstractAsyncContextManager[T_co], Generic[T_co]):
    """A context manager that can be entered again once it has been left, but not
    before.

    A class, and not an async generator: the event loop finalises the generators that
    are left over when it ends, each by itself, and would tear apart those that are
    nested.
    """

    _tasks: BackgroundTasks | None = None

    @abstractmethod
    async def _enter(self, tasks: BackgroundTasks, /) -> T_co:
        """Return what the block gives. `tasks` end with the block."""

    @abstractmethod
    def _leave(self, error: BaseException | None, /) -> None:
        """Close what the block gave; called before its tasks end."""

    async def __aenter__(self) -> T_co:
        if self._tasks is not None:
            raise RuntimeError(
                "this block is open already: make another one for each `async with`"
            )
        self._tasks = BackgroundTasks()
        try:
            return await self._enter(self._tasks)
        except BaseException:
            self._tasks = None
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        tasks, self._tasks = self._tasks, None
        self._leave(error)
        if tasks is not None:
            await tasks.__aexit__(kind, error, traceback)
