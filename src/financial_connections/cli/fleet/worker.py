"""The `fincon fleet work` command: a worker that runs until it is stopped."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

import signal
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from financial_connections.cli.choices import EngineName
from financial_connections.cli.fleet.database import (
    DatabaseURL,
    database_url,
    open_store,
    require_queue,
)
from financial_connections.cli.output import note

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import anyio

    from financial_connections.cli.settings import Context
    from financial_connections.fleet import SyncStore

_POLL_SECONDS = 0.5


def work(
    ctx: typer.Context,
    *,
    engine: Annotated[
        EngineName,
        typer.Option(
            help="How to find work: through a queue (procrastinate), or directly in"
            " the table of accounts (in-process)."
        ),
    ] = EngineName.PROCRASTINATE,
    concurrency: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Accounts to sync at the same time."),
    ] = 16,
    pages: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="N",
            help="Pages after which an account gives way to other tenants.",
        ),
    ] = 20,
    share_limit: Annotated[
        bool,
        typer.Option(
            "--share-limit",
            help="Share Stripe's rate limit with other workers through the database.",
        ),
    ] = False,
    until_idle: Annotated[
        bool,
        typer.Option("--until-idle", help="Stop when no account is due or running."),
    ] = False,
    url: DatabaseURL = None,
) -> None:
    """Sync accounts as they become due, until you press Ctrl-C.

    You can start any number of workers on any number of machines. After Ctrl-C or
    SIGTERM, a worker starts no more work, and ends as soon as what it is reading has
    been stored.
    """
    conninfo = database_url(url)
    from financial_connections.fleet import (
        PostgresRateLimit,
        procrastinate,
        run_workers,
    )

    limit = PostgresRateLimit(conninfo) if share_limit else None

    async def run(context: "Context") -> None:
        async with AsyncExitStack() as exits:
            store = await exits.enter_async_context(open_store(conninfo))
            await store.progress()  # fails if the tables do not exist
            if limit is not None:
                await exits.enter_async_context(limit)
            if engine == EngineName.PROCRASTINATE:
                await require_queue(conninfo)
                worker = partial(
                    procrastinate.run_worker, context.client, store, conninfo
                )
            else:
                worker = partial(run_workers, context.client, store)
            note("This worker syncs accounts as they become due. Press Ctrl-C to stop.")
            await _run_until_stopped(
                partial(worker, concurrency=concurrency, pages=pages),
                store,
                until_idle=until_idle,
            )

    ctx.obj.run(run, rate_limit=limit)


async def _run_until_stopped(
    run_worker: "Callable[..., Awaitable[None]]",
    store: "SyncStore",
    *,
    until_idle: bool,
) -> None:
    """Run a worker until a signal arrives or, with `until_idle`, nothing is left."""
    import anyio

    stop = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_stop_on_signal, stop, tasks.cancel_scope)
        if until_idle:
            tasks.start_soon(_stop_when_idle, stop, store)
        await run_worker(stop=stop)
        tasks.cancel_scope.cancel()


async def _stop_on_signal(stop: "anyio.Event", scope: "anyio.CancelScope") -> None:
    """Drain at the first signal, and cancel what is running at the second."""
    import anyio

    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as received:
        async for _ in received:
            if stop.is_set():
                scope.cancel()
            stop.set()


async def _stop_when_idle(stop: "anyio.Event", store: "SyncStore") -> None:
    import anyio
    from psycopg import OperationalError

    while not stop.is_set():
        with suppress(OperationalError):  # the database may come back
            progress = await store.progress()
            if progress.due == progress.running == 0:
                stop.set()
        await anyio.sleep(_POLL_SECONDS)
