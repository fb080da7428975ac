"""The `fincon fleet init` and `fincon fleet feed` commands."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

from typing import Annotated

import typer

from financial_connections.cli.fleet.database import (
    DatabaseURL,
    database_url,
    open_store,
)


def init(ctx: typer.Context, *, url: DatabaseURL = None) -> None:
    """Create the tables in the database, or bring them up to date.

    You can run it again at any time. It also creates the tables of Procrastinate,
    unless they exist.
    """
    from rich.text import Text

    conninfo = database_url(url)

    async def work() -> None:
        from financial_connections.fleet import procrastinate

        async with open_store(conninfo) as store:
            migrations = await store.migrate()
            created = await procrastinate.migrate(conninfo)
        ctx.obj.output.show(
            {"migrations": migrations, "queue_created": created},
            lambda: Text("The tables are up to date."),
        )

    ctx.obj.run_alone(work)


def feed(
    ctx: typer.Context,
    *,
    bound: Annotated[
        int, typer.Option(min=1, metavar="N", help="Maximum length of the queue.")
    ] = 100,
    url: DatabaseURL = None,
) -> None:
    """Queue accounts that are due, once.

    Workers queue accounts by themselves, so you need this only to look at the queue.
    """
    from rich.text import Text

    conninfo = database_url(url)

    async def work() -> None:
        from financial_connections.fleet import procrastinate

        async with open_store(conninfo) as store:
            app = procrastinate.create_app(conninfo)
            async with app.open_async():
                queued = await procrastinate.feed(app, store, bound=bound)
        ctx.obj.output.show(
            {"queued": queued}, lambda: Text(f"{queued:,} accounts were queued.")
        )

    ctx.obj.run_alone(work)
