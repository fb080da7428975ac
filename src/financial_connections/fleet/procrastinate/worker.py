"""Workers that sync the accounts in the queue."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from financial_connections.fleet.procrastinate.queue import (
    CONTEXT,
    QUEUE,
    create_app,
    feed,
    reap,
)
from financial_connections.fleet.slices import SliceResult, sync_slice

if TYPE_CHECKING:
    from collections.abc import Callable

    import anyio
    from procrastinate import App

    from financial_connections import AsyncClient
    from financial_connections.fleet.store import SyncStore

_logger = logging.getLogger("financial_connections.fleet")
_DRAIN_SECONDS = 4.0
"""Seconds that a stopped worker waits for its slices to commit their current page."""
_RESTART_SECONDS = 0.5


async def run_worker(
    client: AsyncClient,
    store: SyncStore,
    conninfo: str,
    *,
    concurrency: int = 16,
    pages: int = 20,
    bound: int = 400,
    stop: anyio.Event | None = None,
    feed_interval: float = 1.0,
    stalled_after: float = 30.0,
) -> None:
    """Sync accounts from the queue, and take part in feeding it.

    Any number of processes can do so. When `stop` is set, or when this function is
    cancelled, no slice is started anymore. Running ones commit their current page, and
    are cancelled after 4 seconds.

    Args:
        client: The client.
        store: The store.
        conninfo: Connection URL or connection string of the queue, which may be in
            another database than the store.
        concurrency: Number of accounts to sync at the same time.
        pages: Number of batches after which an account gives way to others.
        bound: Maximum number of queued jobs.
        stop: Ends the worker when it is set. By default, it runs until cancelled.
        feed_interval: Seconds between looking for due accounts.
        stalled_after: Seconds without a heartbeat after which a worker counts as dead.
    """
    app = create_app(conninfo)
    async with app.open_async():
        worker = _Worker(client, store, pages)
        running = [
            asyncio.create_task(
                _work_forever(
                    app,
                    queues=[QUEUE],
                    concurrency=concurrency,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    fetch_job_polling_interval=feed_interval,
                    update_heartbeat_interval=stalled_after / 3,
                    stalled_worker_timeout=stalled_after,
                    shutdown_graceful_timeout=_DRAIN_SECONDS,
                    additional_context={CONTEXT: worker},
                )
            ),
            asyncio.create_task(
                _feed_forever(app, store, worker.more, bound, feed_interval)
            ),
            asyncio.create_task(_reap_forever(app, stalled_after)),
        ]
        stopped = [] if stop is None else [asyncio.create_task(stop.wait())]
        try:
            # None of them ends by itself, except with an error.
            await asyncio.wait(
                [*running, *stopped], return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            worker.is_stopping = True
            results = await _end(running)
            await _end(stopped)
        for result in results:
            if result is not None:
                raise result


class _Worker:
    """State shared by the jobs of a process."""

    def __init__(self, client: AsyncClient, store: SyncStore, pages: int) -> None:
        self.is_stopping = False
        self.more = asyncio.Event()
        """Set if an account that has been released is due again."""
        self._client = client
        self._store = store
        self._pages = pages

    async def sync(self, account: str) -> None:
        try:
            result = await sync_slice(
                self._client,
                self._store,
                account,
                pages=self._pages,
                stopping=lambda: self.is_stopping,
            )
        except Exception as error:  # noqa: BLE001 - the account is still due
            _log(f"syncing {account}", error)
        else:
            if result == SliceResult.MORE:
                self.more.set()


async def _work_forever(app: App, **options: Any) -> None:
    """Run Procrastinate's worker, and start it again whenever it ends.

    It ends if it cannot reach the database, or if it was so slow that another worker
    has removed it.
    """

    async def run() -> object:
        await app.run_worker_async(**options)
        return None

    while True:
        await _attempt("running the worker", run)
        await asyncio.sleep(_RESTART_SECONDS)


async def _feed_forever(
    app: App, store: SyncStore, more: asyncio.Event, bound: int, interval: float
) -> None:
    async def run() -> object:
        more.clear()
        return await feed(app, store, bound=bound)

    while True:
        await _attempt("feeding the queue", run)
        with suppress(TimeoutError):
            await asyncio.wait_for(more.wait(), interval)


async def _reap_forever(app: App, stalled_after: float) -> None:
    async def run() -> object:
        return await reap(app, stalled_after=stalled_after)

    while True:
        await _attempt("removing stalled jobs", run)
        await asyncio.sleep(stalled_after / 3)


async def _attempt(action: str, run: Callable[[], Any]) -> None:
    try:
        await run()
    except Exception as error:  # noqa: BLE001 - the database may come back
        _log(action, error)


async def _end(tasks: list[asyncio.Task[Any]]) -> list[Exception | None]:
    """Cancel tasks, wait for their end, and return their errors."""
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    return [result if isinstance(result, Exception) else None for result in results]


def _log(action: str, error: Exception) -> None:
    # The message of a database error can quote a row.
    _logger.warning("%s failed: %s", action, type(error).__name__)
