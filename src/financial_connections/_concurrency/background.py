"""Tasks that run while a block does and end with it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from contextvars import copy_context
from functools import partial
from importlib import import_module
from types import TracebackType
from typing import Any, Self

import anyio
import sniffio
from attrs import define, field, frozen

Finish = Callable[[BaseException | None], None]
"""Takes what a task has ended in: None, its error, or a cancellation that did not come
from the block.
"""


@frozen(eq=False)
class _Running:
    finish: Finish
    scope: anyio.CancelScope = field(factory=anyio.CancelScope)
    ended: anyio.Event = field(factory=anyio.Event)


@define(eq=False)
class BackgroundTasks(AbstractAsyncContextManager["BackgroundTasks"]):
    """A block for tasks: at its end they are cancelled and awaited.

    The tasks belong to no task group of the task that entered the block. Ending a task
    group cancels a scope of that task, and a block may be left in another one: by the
    finaliser of an async generator, in a test fixture, in a streaming response. Each of
    these tasks has a cancel scope of its own instead.

    The block's own error is never replaced: neither by an error of a task nor by a
    cancellation that arrives while the tasks end.
    """

    _running: dict[_Running, Any] = field(factory=dict, init=False)
    """Tasks by their records. asyncio itself keeps no reference to a task that waits.
    """

    def start(self, work: Callable[[], Awaitable[None]], finish: Finish) -> None:
        """Run `work` in a task.

        Args:
            work: Called in the task.
            finish: Called once when the task has ended, also if it was cancelled before its first step.

        """
        running = _Running(finish)
        self._running[running] = None
        task = _spawn(partial(self._run, work, running))
        if isinstance(task, asyncio.Task):
            if running in self._running:  # an eager task may have ended by now
                self._running[running] = task
            task.add_done_callback(
                lambda _: self._end_of(running, asyncio.CancelledError())
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
        except BaseException as raised:  # noqa: BLE001 - `finish` passes it on; no event loop should see it here
            error = raised
        finally:
            self._end_of(running, error)

    def _end_of(self, running: _Running, error: BaseException | None) -> None:
        if running in self._running:
            del self._running[running]
            running.finish(error)
            running.ended.set()

    async def end(self) -> BaseException | None:
        """Cancel the tasks and wait for them.

        Returns:
            The native cancellation that arrived while waiting: the tasks come first, and the caller must raise it.

        """
        interruption = None
        for running in self._running:
            running.scope.cancel()
        while self._running:
            try:
                with anyio.CancelScope(shield=True):
                    await next(iter(self._running)).ended.wait()
            except (
                anyio.get_cancelled_exc_class()
            ) as cancelled:  # asyncio's own knows no shield
                interruption = cancelled
        return interruption

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        interruption = await self.end()
        if interruption is None:
            return
        if error is None:
            raise interruption
        # The error comes first, so the cancellation is delivered again at the next
        # `await`.
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            task.uncancel()
            task.cancel()


def _spawn(function: Callable[[], Any]) -> object:
    if sniffio.current_async_library() == "trio":
        trio: Any = import_module("trio")
        # A task of Trio's own, and not of a nursery, which only the task that opened it
        # can close.
        return trio.lowlevel.spawn_system_task(function, context=copy_context())
    return asyncio.get_running_loop().create_task(function())
