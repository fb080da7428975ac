"""Close resources from any event loop, without leaving anything open."""

import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any, Protocol

import anyio
from anyio import RunFinishedError, from_thread
from anyio.lowlevel import EventLoopToken, current_token

_MAX_WAIT = 5
"""Seconds to wait for another event loop, which may be stopped."""


class Closable(Protocol):
    """A resource that is closed asynchronously."""

    async def aclose(self) -> None: ...


async def close_all(resources: Iterable[Closable]) -> None:
    """Close every resource, even if one raises, and raise the first error at the end.

    A shield holds off anyio's cancellations, but not asyncio's native ones, which can
    interrupt the closing of a resource.
    """
    errors: list[BaseException] = []
    with anyio.CancelScope(shield=True):
        for resource in resources:
            try:
                await resource.aclose()
            except BaseException as error:  # noqa: BLE001 - raised below
                errors.append(error)
    if errors:
        raise errors[0]


async def close_in(
    loop: EventLoopToken | None, close: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    """Run a function in another event loop, and wait at most a few seconds for it.

    A daemon thread waits for that loop, which may be stopped. An anyio worker thread
    would keep the process from exiting until the loop runs again.

    Args:
        loop: The event loop.
        close: The function to run there.
    """
    current, finished = current_token(), anyio.Event()
    errors: list[BaseException] = []

    def run() -> None:
        try:
            from_thread.run(close, token=loop)
        except BaseException as error:  # noqa: BLE001 - raised below
            errors.append(error)
        with suppress(RunFinishedError, RuntimeError):  # nobody is waiting anymore
            from_thread.run_sync(finished.set, token=current)

    threading.Thread(
        target=run, name="financial_connections closing", daemon=True
    ).start()
    with anyio.move_on_after(_MAX_WAIT):
        await finished.wait()
    for error in errors:
        if isinstance(error, Exception) and not isinstance(
            error, RunFinishedError | CancelledError
        ):
            raise error
