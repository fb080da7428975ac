"""The `fincon fleet` commands about accounts: `add`, `status`, `dead` and `revive`."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

from functools import partial
from time import time
from typing import TYPE_CHECKING, Annotated

import attrs
import typer

from financial_connections.cli.failure import UsageError
from financial_connections.cli.fleet.database import (
    DatabaseURL,
    database_url,
    open_store,
)

if TYPE_CHECKING:
    from financial_connections.cli.settings import Context
    from financial_connections.fleet import PostgresStore

Accounts = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ACCOUNTS]…", help="IDs of accounts (fca_…)."),
]


def add(
    ctx: typer.Context,
    accounts: Accounts = None,
    *,
    is_all: Annotated[
        bool, typer.Option("--all", help="All accounts that the API key can list.")
    ] = False,
    tenant: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Group of accounts that shares the workers fairly with others.",
        ),
    ] = None,
    url: DatabaseURL = None,
) -> None:
    """Add accounts, or request a sync of accounts that have been added before.

    With --stripe-account, they belong to this connected account.
    """
    from rich.text import Text

    _require_either(accounts, is_all=is_all)
    conninfo = database_url(url)

    async def want(store: "PostgresStore", account: str) -> None:
        stripe_account = ctx.obj.connected_account
        await store.want(account, stripe_account=stripe_account, tenant=tenant)

    def show(count: int) -> None:
        ctx.obj.output.show(
            {"due": count}, lambda: Text(f"{count:,} accounts are due.")
        )

    async def add_all(context: "Context") -> None:
        count = 0
        async with open_store(conninfo) as store:
            async for account in context.client.accounts.list():
                await want(store, account.id)
                count += 1
        show(count)

    async def add_some() -> None:
        async with open_store(conninfo) as store:
            for account in accounts or ():
                await want(store, account)
        show(len(accounts or ()))

    if is_all:
        ctx.obj.run(add_all)
    else:
        ctx.obj.run_alone(add_some)


def status(ctx: typer.Context, *, url: DatabaseURL = None) -> None:
    """Show how many accounts are done, due, running, waiting or dead."""
    conninfo = database_url(url)

    async def work() -> None:
        from financial_connections.cli.fleet import tables

        async with open_store(conninfo) as store:
            progress = await store.progress()
        ctx.obj.output.show(attrs.asdict(progress), partial(tables.status, progress))

    ctx.obj.run_alone(work)


def dead(
    ctx: typer.Context,
    *,
    limit: Annotated[
        int, typer.Option(min=1, metavar="N", help="Maximum number of accounts.")
    ] = 100,
    url: DatabaseURL = None,
) -> None:
    """List accounts that are no longer synced, with their errors, latest first.

    They are synced again when you revive them, or when an event shows that they have
    been linked again.
    """
    conninfo = database_url(url)

    async def work() -> None:
        from financial_connections.cli.fleet import tables

        async with open_store(conninfo) as store:
            accounts = await store.dead(limit)
        ctx.obj.output.show_lines(
            [attrs.asdict(account) for account in accounts],
            partial(tables.dead, accounts, time()),
        )

    ctx.obj.run_alone(work)


def revive(
    ctx: typer.Context,
    accounts: Accounts = None,
    *,
    is_all: Annotated[bool, typer.Option("--all", help="All dead accounts.")] = False,
    url: DatabaseURL = None,
) -> None:
    """Make dead accounts due again."""
    from rich.text import Text

    _require_either(accounts, is_all=is_all)
    conninfo = database_url(url)

    async def work() -> None:
        async with open_store(conninfo) as store:
            count = await store.revive(None if is_all else accounts)
        ctx.obj.output.show(
            {"revived": count}, lambda: Text(f"{count:,} accounts were revived.")
        )

    ctx.obj.run_alone(work)


def _require_either(accounts: list[str] | None, *, is_all: bool) -> None:
    if is_all == bool(accounts):
        raise UsageError("pass either IDs of accounts or --all")
