"""The `fincon transactions` commands."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from financial_connections.cli.group import Command, command_group, format_examples
from financial_connections.cli.options import (
    AccountOption,
    EndingBefore,
    Limit,
    StartingAfter,
)
from financial_connections.cli.time_options import Since, Until
from financial_connections.cli.transaction_options import AfterRefresh, filters_from

if TYPE_CHECKING:
    from financial_connections.cli.export import Export
    from financial_connections.cli.settings import Context, Settings

app = command_group("Transactions of linked accounts.")


@app.command(
    "list",
    cls=Command,
    epilog=format_examples(
        "fincon transactions list --account fca_123 --limit 50",
        "fincon transactions list --account fca_123 --since 2024-01-01 --chart",
        "fincon transactions list --account fca_123 | jq -r .description",
    ),
)
def list_transactions(
    ctx: typer.Context,
    *,
    account: AccountOption,
    since: Since = None,
    until: Until = None,
    after_refresh: AfterRefresh = None,
    chart: Annotated[
        bool, typer.Option("--chart", help="Show a chart of money in and out by month.")
    ] = False,
    limit: Limit = None,
    starting_after: StartingAfter = None,
    ending_before: EndingBefore = None,
) -> None:
    """List an account's transactions, newest first."""
    filters = filters_from(account, since, until, after_refresh)

    async def work(context: "Context") -> None:
        from financial_connections.cli import charts, tables
        from financial_connections.cli.progress import with_counter

        pager = context.client.transactions.list(
            **filters, starting_after=starting_after, ending_before=ending_before
        )
        if not chart:
            draw = partial(tables.transactions, now=context.now())
            await context.output.show_list(pager, limit, draw)
            return
        transactions = pager.take(limit) if limit else pager
        totals = await charts.sum_by_month(with_counter(transactions, "transactions"))
        context.output.show_lines(
            charts.month_records(totals), partial(charts.spending, totals)
        )

    ctx.obj.run(work)


@app.command(
    "retrieve",
    cls=Command,
    epilog=format_examples("fincon transactions retrieve fctxn_123"),
)
def retrieve(
    ctx: typer.Context,
    transaction: Annotated[
        str,
        typer.Argument(metavar="TRANSACTION", help="ID of the transaction (fctxn_…)."),
    ],
) -> None:
    """Show a transaction."""

    async def work(context: "Context") -> None:
        from financial_connections.cli import details

        result = await context.client.transactions.retrieve(transaction)
        context.output.show(
            result.to_dict(), partial(details.transaction, result, now=context.now())
        )

    ctx.obj.run(work)


@app.command(
    "export",
    cls=Command,
    epilog=format_examples(
        "fincon transactions export --account fca_123 --to transactions.csv",
        "fincon transactions export --account fca_123 --to transactions.parquet"
        " --resume",
    ),
)
def export(
    ctx: typer.Context,
    *,
    account: AccountOption,
    to: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="File to write, ending in .csv, .jsonl or .parquet."
        ),
    ],
    since: Since = None,
    until: Until = None,
    after_refresh: AfterRefresh = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Continue an unfinished export, if there is one."
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Replace an existing file, and restart an unfinished export.",
        ),
    ] = False,
) -> None:
    """Export transactions to a file that appears once it is complete."""
    from financial_connections import API_VERSION
    from financial_connections.cli.export import Export
    from financial_connections.cli.formats import format_for

    settings: Settings = ctx.obj
    filters = filters_from(account, since, until, after_refresh)
    options = {
        **filters,
        "format": to.suffix.lower(),
        "server": settings.server,
        "stripe_account": settings.connected_account,
        "api_version": API_VERSION,
    }
    export = Export(to, format_for(to), options, resume=resume, force=force)
    with ExitStack() as stack:
        try:
            settings.run(partial(_append_pages, export, stack, filters))
            export.publish()
        except BaseException as error:
            if export.is_resumable:
                error.add_note(
                    f"{export.state.count:,} transactions were kept; continue with"
                    " --resume"
                )
            raise
    _report(settings, export)


async def _append_pages(
    export: "Export", stack: ExitStack, filters: dict[str, Any], context: "Context"
) -> None:
    # Entered only now that there is a client, because entering it may restart an
    # unfinished export: a missing key must not cost the user the pages kept in it.
    stack.enter_context(export)
    if export.state.is_complete:
        return
    from financial_connections.cli.progress import counter

    pager = context.client.transactions.list(
        **filters, starting_after=export.state.cursor
    )
    with counter() as progress:
        task = progress.add_task(
            "transactions", total=None, completed=export.state.count
        )
        async for page in pager.pages():
            transactions = [transaction.to_dict() for transaction in page.data]
            export.append(transactions, page.cursor, is_last=not page.has_more)
            progress.advance(task, len(transactions))


def _report(settings: "Settings", export: "Export") -> None:
    from rich.text import Text

    count, target = export.state.count, str(export.target)
    settings.output.show(
        {"path": target, "transactions": count},
        lambda: Text(f"Exported {count:,} transactions to {target}."),
    )
