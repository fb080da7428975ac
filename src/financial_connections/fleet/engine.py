"""Parts that the workers of all engines share."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio

from financial_connections.fleet.slices import SliceResult, sync_slice

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from financial_connections import AsyncClient
    from financial_connections.fleet.store import SyncStore

DRAIN_SECONDS = 3.0
"""Seconds that a stopped worker waits for its slices to commit their current page."""

_logger = logging.getLogger("financial_connections.fleet")


class SliceRunner:
    """Runs the slices of a process for an engine.

    Args:
        client: The client.
        store: The store.
        pages: Number of batches after which a slice ends.
    """

    def __init__(self, client: AsyncClient, store: SyncStore, pages: int) -> None:
        self.is_stopping = False
        """If True, each slice ends after its current batch."""
        self.more = asyncio.Event()
        """Set if an account that has been released is due again."""
        self._client = client
        self._store = store
        self._pages = pages

    async def run(self, account: str) -> SliceResult | None:
        """Run a slice.

        An error of the store is logged, because the account is still due.

        Args:
            account: ID of the account.

        Returns:
            The result; None if the store has failed.
        """
        try:
            result = await sync_slice(
                self._client,
                self._store,
                account,
                pages=self._pages,
                stopping=lambda: self.is_stopping,
            )
        except Exception as error:  # noqa: BLE001 - it must not end the worker
            log_failure(f"syncing {account}", error)
            return None
        if result == SliceResult.MORE:
            self.more.set()
        return result


async def repeat(
    action: str,
    run: Callable[[], Awaitable[object]],
    interval: float,
    *,
    early: asyncio.Event | None = None,
) -> None:
    """Call a function forever, and log its errors.

    Args:
        action: Description of what the function does, for the log.
        run: The function.
        interval: Seconds between two calls.
        early: Ends the wait when it is set.
    """
    early = early or asyncio.Event()
    while True:
        early.clear()
        try:
            await run()
        except Exception as error:  # noqa: BLE001 - the server may come back
            log_failure(action, error)
        with suppress(TimeoutError):
            await asyncio.wait_for(early.wait(), interval)


async def run_until_stopped(
    runner: SliceRunner,
    stop: anyio.Event | None,
    calls: Sequence[Coroutine[Any, Any, object]],
) -> None:
    """Run the parts of a worker until it is stopped, and wait until they have ended.

    Args:
        runner: Runner of the slices, which are asked to stop.
        stop: Ends the worker when it is set.
        calls: The parts, which end only when they are cancelled or fail.

    Raises:
        Exception: The error of a part.
    """
    running = [asyncio.create_task(call) for call in calls]
    waiting = [] if stop is None else [asyncio.create_task(stop.wait())]
    results: list[object] = []
    try:
        await asyncio.wait([*running, *waiting], return_when=asyncio.FIRST_COMPLETED)
    finally:
        runner.is_stopping = True
        for task in (*running, *waiting):
            task.cancel()
        with anyio.CancelScope(shield=True):
            results = await asyncio.gather(*running, *waiting, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


def log_failure(action: str, error: Exception) -> None:
    """Log an error without its message, because a database's can quote a row.

    Args:
        action: Description of what has failed.
        error: The error.
    """
    _logger.warning("%s failed: %s", action, type(error).__name__)
