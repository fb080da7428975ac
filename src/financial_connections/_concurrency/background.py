"""Background tasks that end with an `async with` block."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from contextvars import copy_context
from functools import partial
from importlib import import_module
from types import TracebackType
from typing import Any

import anyio
import sniffio
from attrs import define, field, frozen

Finish = Callable[[BaseException | None], None]
"""Receives the outcome of a task: None, its error, or a cancellation from outside the
block.
"""


@frozen(eq=False)
class _Running:
    finish: Finish
    scope: anyio.CancelScope = field(factory=anyio.CancelScope)
    ended: anyio.Event = field(factory=anyio.Event)


@define(eq=False)
class BackgroundTasks(AbstractAsyncContextManager["BackgroundTasks"]):
    """Tasks that are cancelled and awaited at the end of an `async with` block.

    The tasks are not part of a task group. A task group must be closed by the task that
    opened it, because closing it cancels a scope of that task. A block, however, may be
    closed by another task: by the finalizer of an async generator, a test fixture or a
    streaming response. Each task therefore has its own cancel scope.

    An error raised in the block is never replaced by a task's error, nor by a
    cancellation that arrives while the tasks are ending.
    """

    _running: dict[_Running, Any] = field(factory=dict, init=False)
    """The running tasks, kept here because asyncio references them only weakly."""
    _is_ending: bool = field(default=False, init=False)

    def start(self, work: Callable[[], Awaitable[None]], finish: Finish) -> None:
        """Run a function in a task.

        At the end of the block, a task may start another one before its own
        cancellation arrives. The new one is then cancelled as well.

        Args:
            work: Function to run.
            finish: Called exactly once when the task has ended, even if the task was
                cancelled before its first step.
        """
        running = _Running(finish)
        if self._is_ending:
            running.scope.cancel()
        self._running[running] = None
        task = _spawn(partial(self._run, work, running))
        if isinstance(task, asyncio.Task):
            if running in self._running:  # an eager task may already have ended
                self._running[running] = task
            task.add_done_callback(
                lambda _: self._finish(running, asyncio.CancelledError())
            )

    async def _run(
        self, work: Callable[[], Awaitable[None]], running: _Running
    ) -> None:
        error: BaseException | None = None
        try:
            with running.scope:
                await work()
        except anyio.get_cancelled_exc_class() as cancelled:
            error = cancelled
            raise
        except BaseException as raised:  # noqa: BLE001 - `finish` passes it on
            error = raised
        finally:
            self._finish(running, error)

    def _finish(self, running: _Running, error: BaseException | None) -> None:
        if running in self._running:
            del self._running[running]
            running.finish(error)
            running.ended.set()

    async def _end(self) -> BaseException | None:
        """Cancel the tasks and wait for them.

        Returns:
            The native cancellation that arrived while waiting, if any. The caller must
            raise it.
        """
        interruption = None
        self._is_ending = True
        for running in self._running:
            running.scope.cancel()
        while self._running:
            try:
                with anyio.CancelScope(shield=True):
                    await next(iter(self._running)).ended.wait()
            except anyio.get_cancelled_exc_class() as cancelled:
                # A shield does not protect against asyncio's own `Task.cancel()`.
                interruption = cancelled
        return interruption

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        interruption = await self._end()
        if interruption is None:
            return
        if error is None:
            raise interruption
        # The block's error is raised first, so cancel the task once more: it then
        # receives the cancellation at its next `await`.
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            task.uncancel()
            task.cancel()


def _spawn(function: Callable[[], Any]) -> object:
    if sniffio.current_async_library() == "trio":
        trio: Any = import_module("trio")
        # Use a system task, because a nursery can be closed only by the task that
        # opened it.
        return trio.lowlevel.spawn_system_task(function, context=copy_context())
    return asyncio.get_running_loop().create_task(function())
