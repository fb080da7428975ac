"""Workers that sync the accounts in the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from financial_connections.fleet.engine import (
    DRAIN_SECONDS,
    SliceRunner,
    repeat,
    run_until_stopped,
)
from financial_connections.fleet.procrastinate.queue import (
    CONTEXT,
    QUEUE,
    create_app,
    feed,
    reap,
)

if TYPE_CHECKING:
    import anyio

    from financial_connections import AsyncClient
    from financial_connections.fleet.store import SyncStore

_RESTART_SECONDS = 0.5


async def run_worker(
    client: AsyncClient,
    store: SyncStore,
    conninfo: str,
    *,
    concurrency: int = 16,
    pages: int = 20,
    bound: int = 100,
    stop: anyio.Event | None = None,
    feed_interval: float = 1.0,
    stalled_after: float = 30.0,
) -> None:
    """Sync accounts from the queue, and take part in feeding it.

    Any number of processes can do so. When `stop` is set, or when this function is
    cancelled, no slice is started anymore. Running ones commit their current page, and
    are cancelled after 3 seconds.

    Args:
        client: The client.
        store: The store.
        conninfo: Connection URL or connection string of the queue, which may be in
            another database than the store.
        concurrency: Number of accounts to sync at the same time.
        pages: Number of batches after which an account gives way to other tenants.
        bound: Maximum number of queued jobs.
        stop: Ends the worker when it is set. By default, it runs until cancelled.
        feed_interval: Seconds between looking for due accounts.
        stalled_after: Seconds without a heartbeat after which a worker counts as dead.
    """
    app = create_app(conninfo)
    runner = SliceRunner(client, store, pages)

    async def work() -> None:
        await app.run_worker_async(
            queues=[QUEUE],
            concurrency=concurrency,
            delete_jobs="always",
            install_signal_handlers=False,
            fetch_job_polling_interval=feed_interval,
            update_heartbeat_interval=stalled_after / 3,
            stalled_worker_timeout=stalled_after,
            shutdown_graceful_timeout=DRAIN_SECONDS,
            additional_context={CONTEXT: runner},
        )

    async def feed_queue() -> None:
        await feed(app, store, bound=bound)

    async def remove_stalled() -> None:
        await reap(app, stalled_after=stalled_after)

    async with app.open_async():
        calls = [
            # Procrastinate's worker ends if it cannot reach the database, or if it was
            # so slow that another worker has removed it.
            repeat("running the worker", work, _RESTART_SECONDS),
            repeat("feeding the queue", feed_queue, feed_interval, early=runner.more),
            repeat("removing stalled jobs", remove_stalled, stalled_after / 3),
        ]
        await run_until_stopped(runner, stop, calls)
