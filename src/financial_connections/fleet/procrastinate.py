"""Workers on Procrastinate, a task queue in PostgreSQL.

    from financial_connections.fleet import PostgresStore, procrastinate

    async with AsyncClient() as client, PostgresStore(conninfo) as store:
        await procrastinate.migrate(conninfo)
        await procrastinate.run_worker(client, store, conninfo)

The queue only wakes up workers. It is short, and is filled from the accounts that are
due in the store, so it can be emptied at any time. Jobs neither fail nor retry: an
account that is not done is still due.

Needs the extra `financial-connections[fleet]`.

Source: https://procrastinate.readthedocs.io/
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if find_spec("procrastinate") is None:
    raise ModuleNotFoundError(
        "Procrastinate is in an extra: pip install 'financial-connections[fleet]'"
    )

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status

from financial_connections.fleet.slices import SliceResult, sync_slice

if TYPE_CHECKING:
    from collections.abc import Callable

    import anyio

    from financial_connections import AsyncClient
    from financial_connections.fleet.store import SyncStore

QUEUE = "financial_connections"
"""Name of the queue."""
TASK = "financial_connections.sync_slice"
"""Name of the task."""

_logger = logging.getLogger("financial_connections.fleet")
_DRAIN_SECONDS = 4.0
"""Seconds that a stopped worker waits for its slices to commit their current page."""
_CONTEXT = "financial_connections"
# Only one worker feeds the queue at a time. The lock ends with its transaction.
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('financial_connections.feed'))"
_QUEUED = """
SELECT queueing_lock FROM procrastinate_jobs
WHERE queue_name = %(queue)s AND status = 'todo'
"""


def create_app(conninfo: str) -> App:
    """Return a Procrastinate app with the task of a fleet.

    Args:
        conninfo: Connection URL, or parameters such as `host=… dbname=…`.
    """
    # Its schema contains characters that a database without an encoding rejects.
    settings = {"client_encoding": "utf8"}
    app = App(connector=PsycopgConnector(conninfo=conninfo, kwargs=settings))
    app.task(name=TASK, queue=QUEUE, pass_context=True)(_sync)
    return app


async def migrate(conninfo: str) -> bool:
    """Create the tables of Procrastinate, unless they exist.

    To upgrade them to those of a newer Procrastinate, follow its documentation.

    Args:
        conninfo: Connection URL or connection string.

    Returns:
        True if the tables were created.
    """
    app = create_app(conninfo)
    async with app.open_async():
        if await app.check_connection_async():
            return False
        await app.schema_manager.apply_schema_async()
    return True


async def feed(app: App, store: SyncStore, *, bound: int = 400) -> int:
    """Queue accounts that are due, unless another process is doing so.

    Args:
        app: The app, which must be open.
        store: The store.
        bound: Maximum number of queued jobs.

    Returns:
        The number of accounts that were queued.
    """
    pool: Any = app.connector.pool  # type: ignore[attr-defined]
    async with pool.connection() as connection, connection.transaction():
        if await (await connection.execute(_LOCK)).fetchone() != (True,):
            return 0
        rows = await app.connector.execute_query_all_async(_QUEUED, queue=QUEUE)
        queued = [row["queueing_lock"] for row in rows]
        if len(queued) >= bound:
            return 0
        accounts = await store.due(bound - len(queued), exclude=queued)
        jobs = [
            Job(
                queue=QUEUE,
                task_name=TASK,
                lock=account,
                queueing_lock=account,
                task_kwargs={"account": account},
            )
            for account in accounts
        ]
        if jobs:
            # If somebody else has queued one of them, the next call queues the others.
            with suppress(AlreadyEnqueued):
                await app.job_manager.batch_defer_jobs_async(jobs)
        return len(jobs)


async def reap(app: App, *, stalled_after: float = 30.0) -> int:
    """Delete the jobs of workers that have died.

    Their accounts are still due, and can be queued again once their lease has lapsed.

    Args:
        app: The app, which must be open.
        stalled_after: Seconds without a heartbeat after which a worker counts as dead.

    Returns:
        The number of deleted jobs.
    """
    jobs = await app.job_manager.get_stalled_jobs(
        queue=QUEUE, seconds_since_heartbeat=stalled_after
    )
    count = 0
    for job in jobs:
        # The job may have just ended, because its worker was only slow.
        with suppress(ConnectorException):
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
            count += 1
    return count


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
                app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=concurrency,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    fetch_job_polling_interval=feed_interval,
                    update_heartbeat_interval=stalled_after / 3,
                    stalled_worker_timeout=stalled_after,
                    shutdown_graceful_timeout=_DRAIN_SECONDS,
                    additional_context={_CONTEXT: worker},
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


async def _sync(context: JobContext, account: str) -> None:
    worker = context.additional_context.get(_CONTEXT)
    if worker is None:
        _logger.error("run the task %s with `run_worker`", TASK)
        return
    await worker.sync(account)


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
