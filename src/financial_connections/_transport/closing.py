"""Closing, from any event loop, and without leaving anything open."""

import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any, Protocol

import anyio
from anyio import RunFinishedError, from_thread
from anyio.lowlevel import EventLoopToken, current_token

_LONGEST_WAIT = 5
"""Seconds to wait for another event loop, which may be stopped."""


class Closable(Protocol):
    """Anything that is closed with `await`."""

    async def aclose(self) -> None: ...


async def close_all(resources: Iterable[Closable]) -> None:
    """Close every resource, even if one raises, and raise the first error at the end.

    A shield keeps anyio's cancellations away, but not asyncio's own, which end the
    closing of one resource.
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
    """Run `close` in another event loop. Returns after a few seconds at the latest,
    because that loop may be stopped.

    It is called from a daemon thread: one of anyio's own worker threads would keep the
    process from exiting until the loop runs again.
    """
    here, ended = current_token(), anyio.Event()
    errors: list[BaseException] = []

    def run() -> None:
        try:
            from_thread.run(close, token=loop)
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            errors.append(error)
        with suppress(RunFinishedError, RuntimeError):  # nobody waits any more
            from_thread.run_sync(ended.set, token=here)

    threading.Thread(
        target=run, name="financial_connections closing", daemon=True
    ).start()
    with anyio.move_on_after(_LONGEST_WAIT):
        await ended.wait()
    for error in errors:
        if isinstance(error, Exception) and not isinstance(
            error, RunFinishedError | CancelledError
        ):
            raise error
