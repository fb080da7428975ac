"""An `async with` block that one task at a time has open."""

from abc import abstractmethod
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Block(AbstractAsyncContextManager[T_co], Generic[T_co]):
    """A context manager that can be entered again once it has been left, but not before."""

    _opened: AbstractAsyncContextManager[T_co] | None = None

    @abstractmethod
    def _open(self) -> AbstractAsyncContextManager[T_co]:
        """Return the context manager to enter."""

    async def __aenter__(self) -> T_co:
        if self._opened is not None:
            raise RuntimeError("this block is open already: make another one for each `async with`")
        opened = self._opened = self._open()
        try:
            return await opened.__aenter__()
        except BaseException:
            self._opened = None
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        opened, self._opened = self._opened, None
        return None if opened is None else await opened.__aexit__(kind, error, traceback)
