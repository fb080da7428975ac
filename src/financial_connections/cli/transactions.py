"""`fincon transactions`."""

import json
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from financial_connections.cli import durable, moment
from financial_connections.cli.group import Command, examples, group
from financial_connections.cli.options import (
    EndingBefore,
    Limit,
    OfAccount,
    StartingAfter,
)
from financial_connections.cli.output import json_line, note, write_lines
from financial_connections.cli.usage import UsageError

if TYPE_CHECKING:
    from financial_connections.cli.export import Export
    from financial_connections.cli.settings import Link, Settings
    from financial_connections.sync import Batch

app = group("What moved on linked accounts.")


def _since(text: str) -> int:
    return _moment(text, end_of_day=False)


def _until(text: str) -> int:
    return _moment(text, end_of_day=True)


def _moment(text: str, *, end_of_day: bool) -> int:
    try:
        return moment.seconds_from(text, end_of_day=end_of_day)
    except ValueError:
        raise typer.BadParameter(
            "write 2024-01-31, 2024-01-31T18:30+01:00, or seconds since the epoch"
        ) from None


Since = Annotated[
    int | None,
    typer.Option(
        parser=_since,
        metavar="TIME",
        help="Made then or later: a day (UTC), or a moment.",
    ),
]
Until = Annotated[
    int | None,
    typer.Option(
        parser=_until,
        metavar="TIME",
        help="Made then or earlier; a day counts to its end.",
    ),
]
AfterRefresh = Annotated[
    str | None,
    typer.Option(
        metavar="ID", help="Created or changed by refreshes after this one, fctxnref_…"
    ),
]


def _filters(
    account: str, since: int | None, until: int | None, after_refresh: str | None
) -> dict[str, Any]:
    times = {
        name: value
        for name, value in (("gte", since), ("lte", until))
        if value is not None
    }
    return {
        "account": account,
        "transacted_at": times or None,
        "transaction_refresh": {"after": after_refresh} if after_refresh else None,
    }


@app.command(
    "list",
    cls=Command,
    epilog=examples(
        "fincon transactions list --account fca_123 --limit 50",
        "fincon transactions list --account fca_123 --since 2024-01-01 --chart",
        "fincon transactions list --account fca_123 | jq -r .description",
    ),
)
def list_transactions(
    context: typer.Context,
    *,
    account: OfAccount,
    since: Since = None,
    until: Until = None,
    after_refresh: AfterRefresh = None,
    chart: Annotated[
        bool, typer.Option("--chart", help="Draw what came in and went out, by month.")
    ] = False,
    limit: Limit = None,
    starting_after: StartingAfter = None,
    ending_before: EndingBefore = None,
) -> None:
    """List an account's transactions, newest first."""
    filters = _filters(account, since, until, after_refresh)

    async def work(link: "Link") -> None:
        from financial_connections.cli import charts, tables  # noqa: PLC0415 - help and completion do without
        from financial_connections.cli.progress import counted  # noqa: PLC0415 - as above

        found = link.client.transactions.list(
            **filters, starting_after=starting_after, ending_before=ending_before
        )
        if not chart:
            await link.output.show_all(
                found, limit, partial(tables.transactions, now=link.now())
            )
            return
        read = counted(found.take(limit) if limit else found, "transactions")
        months = await charts.months(read)
        link.output.show_lines(charts.lines(months), partial(charts.spending, months))

    context.obj.run(work)


@app.command(
    "retrieve", cls=Command, epilog=examples("fincon transactions retrieve fctxn_123")
)
def retrieve(
    context: typer.Context,
    transaction: Annotated[
        str, typer.Argument(metavar="TRANSACTION", help="The transaction's id, fctxn_…")
    ],
) -> None:
    """Show one transaction."""

    async def work(link: "Link") -> None:
        from financial_connections.cli import details  # noqa: PLC0415 - help and completion do without

        found = await link.client.transactions.retrieve(transaction)
        link.output.show(
            found.to_dict(), partial(details.transaction, found, now=link.now())
        )

    context.obj.run(work)


@app.command(
    "sync",
    cls=Command,
    epilog=examples(
        "fincon transactions sync --account fca_123 --state fca_123.cursor >> transactions.jsonl"
    ),
)
def sync(
    context: typer.Context,
    *,
    account: OfAccount,
    state: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="Where the cursor is kept; made by the first sync."
        ),
    ],
) -> None:
    """Print what has changed since the last sync, as JSON Lines; nothing is lost, some
    may come twice.
    """
    cursor = _cursor(state)

    async def work(link: "Link") -> None:
        count = 0
        async with link.client.transactions.sync(account, cursor=cursor) as changes:
            async for batch in changes:
                _hand_over(batch, state)
                count += len(batch.transactions)
        note(f"{count:,} created or changed; {state} has the cursor.")

    context.obj.run(work)


def _cursor(state: Path) -> str | None:
    if not state.parent.is_dir() or state.is_dir():
        raise UsageError("--state: it must be a file in a folder that is there")
    if not state.exists():
        return None
    try:
        return str(json.loads(state.read_bytes())["cursor"])
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"--state: {state} has no cursor of a sync in it") from None


def _hand_over(batch: "Batch", state: Path) -> None:
    """Print a batch, and only then keep its cursor."""
    write_lines(
        (transaction.to_dict() for transaction in batch.transactions), to_disk=True
    )
    durable.write(
        state, json_line({"account": batch.account, "cursor": batch.cursor}).encode()
    )


@app.command(
    "export",
    cls=Command,
    epilog=examples(
        "fincon transactions export --account fca_123 --to transactions.csv",
        "fincon transactions export --account fca_123 --to transactions.parquet --resume",
    ),
)
def export(
    context: typer.Context,
    *,
    account: OfAccount,
    to: Annotated[
        Path, typer.Option(metavar="FILE", help="A .csv, .jsonl or .parquet file.")
    ],
    since: Since = None,
    until: Until = None,
    after_refresh: AfterRefresh = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on with an unfinished export, if there is one."
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what is there.")
    ] = False,
) -> None:
    """Write transactions to a file, however many; it appears when all of them are in
    it.
    """
    from financial_connections import API_VERSION  # noqa: PLC0415 - help and completion do without
    from financial_connections.cli.export import Export  # noqa: PLC0415 - as above
    from financial_connections.cli.formats import format_of  # noqa: PLC0415 - as above

    settings: Settings = context.obj
    filters = _filters(account, since, until, after_refresh)
    options = {
        **filters,
        "format": to.suffix.lower(),
        "server": settings.server,
        "stripe_account": settings.stripe_account,
        "api_version": API_VERSION,
    }
    on_its_way = Export(to, format_of(to), options, resume=resume, force=force)
    with ExitStack() as entered:
        try:
            settings.run(partial(_fill, on_its_way, entered, filters))
            on_its_way.publish()
        except BaseException as error:
            if on_its_way.is_resumable:
                error.add_note(
                    f"{on_its_way.state.count:,} transactions are kept: --resume goes on after them"
                )
            raise
    _report(settings, on_its_way)


async def _fill(
    export: "Export", entered: ExitStack, filters: dict[str, Any], link: "Link"
) -> None:
    # Not before there is a link: without a key, an unfinished export is not even
    # started over.
    entered.enter_context(export)
    if export.state.is_complete:
        return
    from financial_connections.cli.progress import counter  # noqa: PLC0415 - help and completion do without

    found = link.client.transactions.list(**filters, starting_after=export.state.cursor)
    with counter() as progress:
        task = progress.add_task(
            "transactions", total=None, completed=export.state.count
        )
        async for page in found.pages():
            transactions = [transaction.to_dict() for transaction in page.data]
            export.append(transactions, page.cursor, is_last=not page.has_more)
            progress.advance(task, len(transactions))


def _report(settings: "Settings", export: "Export") -> None:
    from rich.text import Text  # noqa: PLC0415 - as late as everything that draws

    count, target = export.state.count, str(export.target)
    settings.output.show(
        {"path": target, "transactions": count},
        lambda: Text(f"{count:,} transactions are in {target}."),
    )
