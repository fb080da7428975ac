"""Tasks that run while a block does and end with it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import copy_context
from importlib import import_module
from typing import Any

import anyio
import sniffio
from attrs import define, field


@define(eq=False)
class BackgroundTasks:
    """
    Tasks that belong to a block, but to no task group of the task that entered it.

    Cancelling a task group cancels a scope of the task that entered it, and a block may be left in another task: by the
    finaliser of an async generator, in a test fixture, in a streaming response. Each of these tasks has a cancel scope
    of its own instead, so that ending them touches nothing of the caller's.
    """

    _running: dict[anyio.Event, anyio.CancelScope] = field(factory=dict, init=False)
    _handles: set[Any] = field(factory=set, init=False)
    """References that keep asyncio from collecting a task as garbage."""

    def start(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` in a task; it must not raise."""
        ended, scope = anyio.Event(), anyio.CancelScope()
        self._running[ended] = scope
        handle = _spawn(self._run, work, ended, scope)
        self._handles.add(handle)
        if isinstance(handle, asyncio.Task):
            handle.add_done_callback(self._handles.discard)

    async def _run(self, work: Callable[[], Awaitable[None]], ended: anyio.Event, scope: anyio.CancelScope) -> None:
        try:
            with scope:
                await work()
        finally:
            del self._running[ended]
            ended.set()

    async def end(self) -> BaseException | None:
        """
        Cancel the tasks and wait for them.

        Returns:
            The native cancellation that arrived while waiting: the tasks come first, and the caller must raise it.

        """
        interruption = None
        for scope in self._running.values():
            scope.cancel()
        while self._running:
            try:
                with anyio.CancelScope(shield=True):
                    await next(iter(self._running)).wait()
            except anyio.get_cancelled_exc_class() as cancelled:  # asyncio's own knows no shield
                interruption = cancelled
        return interruption


@asynccontextmanager
async def background() -> AsyncGenerator[BackgroundTasks, None]:
    """
    Open a block for tasks: at its end they are cancelled and awaited.

    The block's own error is never replaced: neither by an error of a task nor by a cancellation that arrives while the
    tasks end.
    """
    tasks = BackgroundTasks()
    try:
        yield tasks
    except BaseException:
        await tasks.end()
        raise
    interruption = await tasks.end()
    if interruption is not None:
        raise interruption


def _spawn(function: Callable[..., Any], *args: Any) -> object:
    if sniffio.current_async_library() == "trio":
        trio: Any = import_module("trio")
        # A task of Trio's own, and not of a nursery, which only the task that opened it can close.
        return trio.lowlevel.spawn_system_task(function, *args, context=copy_context())
    return asyncio.get_running_loop().create_task(function(*args))
