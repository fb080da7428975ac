"""Run event store calls that cancellation must not interrupt."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context, copy_context
from typing import Generic, TypeVar

import anyio
import sniffio

_Result = TypeVar("_Result")
_STORE_SECONDS = 10.0


async def complete(
    call: Callable[[], Awaitable[_Result]],
) -> tuple[_Result, BaseException | None]:
    """Await a store call until it completes, even if the caller is cancelled.

    Args:
        call: Calls the store. It must finish within 10 s.

    Returns:
        The result, and the native cancellation received in the meantime (if any), which
        the caller must raise. A cancellation by anyio or Trio is raised at the caller's
        next checkpoint.

    Raises:
        TimeoutError: The store did not respond in time.
    """
    if sniffio.current_async_library() != "asyncio":
        return await shield(call), None
    # A shielded scope does not block asyncio's native cancellation, so the call runs in
    # a task that no other code can cancel.
    running = _Task(call)
    cancellation = await _wait_for(running.task)
    running.restore_context()
    try:
        return running.task.result(), cancellation
    except Exception as error:
        if cancellation is None:
            raise
        raise cancellation from error


async def shield(call: Callable[[], Awaitable[_Result]]) -> _Result:
    """Await a store call, shielded from cancellation by anyio or Trio.

    Args:
        call: Calls the store. It must finish within 10 s.

    Returns:
        The result of the call.

    Raises:
        TimeoutError: The store did not respond in time.
    """
    with anyio.move_on_after(_STORE_SECONDS, shield=True):
        return await call()
    raise TimeoutError(f"the event store did not respond within {_STORE_SECONDS:g} s")


class _Task(Generic[_Result]):
    """A task whose context variables can be copied back to the caller.

    Stores keep claim tokens in a context variable.
    """

    def __init__(self, call: Callable[[], Awaitable[_Result]]) -> None:
        self._context = Context()
        self.task = asyncio.get_running_loop().create_task(self._run(call))

    async def _run(self, call: Callable[[], Awaitable[_Result]]) -> _Result:
        try:
            return await shield(call)
        finally:
            self._context = copy_context()

    def restore_context(self) -> None:
        """Copy context variables that the task has set into the caller's context."""
        current = copy_context()
        for variable, value in self._context.items():
            if current.get(variable, self) is not value:
                variable.set(value)


async def _wait_for(task: "asyncio.Task[_Result]") -> BaseException | None:
    """Wait for a task, and return any native cancellation received meanwhile."""
    cancellation = None
    while not task.done():
        try:
            with anyio.CancelScope(shield=True):
                await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancellation = error
    return cancellation
