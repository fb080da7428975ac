"""Calls that a cancellation of the caller does not interrupt."""

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
    """Await a call to the store, within a time limit, even if the caller is cancelled
    in the meantime.

    Returns:
        The result, and the native cancellation that arrived while waiting: the caller must raise it. A cancellation
        by anyio or Trio is raised at the caller's next checkpoint.

    """
    if sniffio.current_async_library() != "asyncio":
        return await shielded(call), None
    # asyncio's own cancellation knows no shield, so the call has a task that nobody
    # else can cancel.
    running = _Task(call)
    try:
        interruption = await _wait_for(running.task)
        running.restore_context()
        try:
            return running.task.result(), interruption
        except Exception as error:
            if interruption is None:
                raise
            raise interruption from error
    finally:
        del running  # the traceback of an error would refer to the task, and the task to the error


async def shielded(call: Callable[[], Awaitable[_Result]]) -> _Result:
    """Await a call to the store that a cancellation by anyio or Trio does not
    interrupt, within a time limit.
    """
    with anyio.move_on_after(_STORE_SECONDS, shield=True):
        return await call()
    raise TimeoutError(f"the event store did not respond within {_STORE_SECONDS:g} s")


class _Task(Generic[_Result]):
    """A task whose changes of context variables, such as the owner of a claim, can be
    given to the caller's.
    """

    def __init__(self, call: Callable[[], Awaitable[_Result]]) -> None:
        self._context = Context()
        self.task = asyncio.get_running_loop().create_task(self._run(call))

    async def _run(self, call: Callable[[], Awaitable[_Result]]) -> _Result:
        try:
            return await shielded(call)
        finally:
            self._context = copy_context()

    def restore_context(self) -> None:
        current = copy_context()
        for variable, value in self._context.items():
            if current.get(variable, self) is not value:
                variable.set(value)


async def _wait_for(task: "asyncio.Task[_Result]") -> BaseException | None:
    """Wait for a task, and return the native cancellation that arrived in the meantime."""
    interruption = None
    while not task.done():
        try:
            with anyio.CancelScope(shield=True):
                await asyncio.wait([task])
        except asyncio.CancelledError as cancelled:
            interruption = cancelled
    return interruption
