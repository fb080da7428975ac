"""The `fincon accounts owners` command."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

from typing import TYPE_CHECKING, Annotated

import typer

from financial_connections.cli.failure import UsageError
from financial_connections.cli.options import (
    AccountArgument,
    EndingBefore,
    Limit,
    StartingAfter,
)

if TYPE_CHECKING:
    from financial_connections.cli.settings import Context


def owners(
    ctx: typer.Context,
    account: AccountArgument,
    *,
    ownership: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Ownership snapshot (fcaowns_…); defaults to the latest one.",
        ),
    ] = None,
    limit: Limit = None,
    starting_after: StartingAfter = None,
    ending_before: EndingBefore = None,
) -> None:
    """List an account's owners: names, postal addresses, emails and phone numbers."""

    async def work(context: "Context") -> None:
        from financial_connections.cli import tables

        pager = context.client.accounts.list_owners(
            account,
            ownership=ownership or await _latest_ownership(context, account),
            starting_after=starting_after,
            ending_before=ending_before,
        )
        await context.output.show_list(pager, limit, tables.owners)

    ctx.obj.run(work)


async def _latest_ownership(context: "Context", account: str) -> str:
    from financial_connections import id_of

    snapshot = id_of((await context.client.accounts.retrieve(account)).ownership)
    if snapshot is None:
        raise UsageError(
            f"the owners of {account} have not been fetched yet; run:"
            f" fincon accounts refresh {account} --feature ownership --wait"
        )
    return snapshot
