"""The queue: its task, and the jobs in it."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from financial_connections.fleet.store import SyncStore

QUEUE = "financial_connections"
"""Name of the queue."""
TASK = "financial_connections.sync_slice"
"""Name of the task."""
CONTEXT = "financial_connections"
"""Name in the context of jobs of the object that syncs accounts."""

_logger = logging.getLogger("financial_connections.fleet")
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


async def feed(app: App, store: SyncStore, *, bound: int = 100) -> int:
    """Queue accounts that are due, unless another process is doing so.

    Args:
        app: The app, which must be open.
        store: The store.
        bound: Maximum number of queued jobs.

    Returns:
        The number of accounts that were queued.
    """
    pool: Any = app.connector.pool  # type: ignore[attr-defined]
    # With a second connection, a TRUNCATE of the queue could wait for this transaction,
    # and the second connection for the TRUNCATE.
    try:
        async with pool.connection() as connection, connection.transaction():
            if await (await connection.execute(_LOCK)).fetchone() != (True,):
                return 0
            jobs = await _next_jobs(connection, store, bound)
            if jobs:
                await app.job_manager.batch_defer_jobs_async(
                    jobs, connection=connection
                )
            return len(jobs)
    except AlreadyEnqueued:
        # Somebody else has queued one of them. The next call queues the others.
        return 0


async def _next_jobs(
    connection: AsyncConnection[Any], store: SyncStore, bound: int
) -> list[Job]:
    """Return a job for each account that is due and not queued, as far as they fit."""
    rows = await connection.execute(_QUEUED, {"queue": QUEUE})
    queued = [row[0] for row in await rows.fetchall()]
    if len(queued) >= bound:
        return []
    return [
        Job(
            queue=QUEUE,
            task_name=TASK,
            lock=account,
            queueing_lock=account,
            task_kwargs={"account": account},
        )
        for account in await store.due(bound - len(queued), exclude=queued)
    ]


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


async def _sync(context: JobContext, account: str) -> None:
    runner = context.additional_context.get(CONTEXT)
    if runner is None:
        _logger.error("run the task %s with `run_worker`", TASK)
        return
    await runner.run(account)
