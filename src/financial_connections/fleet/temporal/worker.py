"""Workers that run the workflows and their activities."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from temporalio import activity
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from financial_connections.fleet.engine import (
    DRAIN_SECONDS,
    SliceRunner,
    repeat,
    run_until_stopped,
)
from financial_connections.fleet.slices import SliceResult
from financial_connections.fleet.temporal.feeding import feed
from financial_connections.fleet.temporal.workflow import (
    TASK_QUEUE,
    WORKFLOW,
    SyncSlice,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import anyio
    from temporalio.client import Client

    from financial_connections import AsyncClient
    from financial_connections.fleet.store import SyncStore

_RESTART_SECONDS = 0.5
_HEARTBEATS = 4
"""Number of heartbeats in the time after which a worker counts as dead."""


async def run_worker(
    client: AsyncClient,
    store: SyncStore,
    temporal: Client,
    *,
    task_queue: str = TASK_QUEUE,
    concurrency: int = 16,
    pages: int = 20,
    bound: int = 100,
    stop: anyio.Event | None = None,
    feed_interval: float = 1.0,
    stalled_after: float = 30.0,
) -> None:
    """Sync accounts in workflows, and take part in starting them.

    Any number of processes can do so. When `stop` is set, or when this function is
    cancelled, no more slices are started. Running ones commit their current page, and
    are cancelled after 3 seconds.

    Args:
        client: The client.
        store: The store.
        temporal: A client of Temporal, which determines the server and the namespace.
        task_queue: Name of the task queue.
        concurrency: Number of accounts to sync at the same time.
        pages: Number of batches after which an account gives way to other tenants.
        bound: Maximum number of open workflows.
        stop: Ends the worker when it is set. By default, it runs until cancelled.
        feed_interval: Seconds between two searches for due accounts.
        stalled_after: Seconds without a heartbeat after which a worker counts as dead.
    """
    runner = SliceRunner(client, store, pages)

    async def work() -> None:
        worker = Worker(
            temporal,
            task_queue=task_queue,
            workflows=[SyncSlice],
            activities=[_activity(runner, stalled_after / _HEARTBEATS)],
            max_concurrent_activities=concurrency,
            # A workflow that is cached waits for its worker, even if that has died.
            max_cached_workflows=0,
            # Activities that start eagerly overtake those that are queued.
            disable_eager_activity_execution=True,
            # The workflow has no side effects that a sandbox would have to prevent.
            workflow_runner=UnsandboxedWorkflowRunner(),
            graceful_shutdown_timeout=timedelta(seconds=DRAIN_SECONDS),
        )
        await worker.run()

    async def start_workflows() -> None:
        await feed(
            temporal,
            store,
            bound=bound,
            task_queue=task_queue,
            stalled_after=stalled_after,
        )

    calls = [
        repeat("running the worker", work, _RESTART_SECONDS),
        repeat("starting workflows", start_workflows, feed_interval, early=runner.more),
    ]
    await run_until_stopped(runner, stop, calls)


def _activity(runner: SliceRunner, interval: float) -> Callable[[str], Awaitable[str]]:
    async def send_heartbeats() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(interval)

    @activity.defn(name=WORKFLOW)
    async def sync(account: str) -> str:
        heartbeats = asyncio.create_task(send_heartbeats())
        try:
            result = await runner.run(account)
        finally:
            heartbeats.cancel()
        return (result or SliceResult.FAILED).value

    return sync
