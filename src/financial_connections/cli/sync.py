"""The `fincon transactions sync` command."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from financial_connections.cli import atomic
from financial_connections.cli.choices import OutputFormat
from financial_connections.cli.failure import UsageError
from financial_connections.cli.options import AccountOption
from financial_connections.cli.output import json_line, note, write_lines

if TYPE_CHECKING:
    from financial_connections.cli.settings import Context, Settings
    from financial_connections.sync import Batch

_FORMATS = {None, OutputFormat.JSONL}


def sync(
    ctx: typer.Context,
    *,
    account: AccountOption,
    state: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="File to keep the cursor in; created if missing."
        ),
    ],
) -> None:
    """Print transactions that changed since the last sync, as JSON Lines.

    No change is lost, but some may be printed twice.
    """
    settings: Settings = ctx.obj
    if settings.columns or settings.query or settings.output_format not in _FORMATS:
        raise UsageError(
            "transactions sync prints JSON Lines; remove --output, --columns and"
            " --query"
        )
    cursor = _read_cursor(state)

    async def work(context: "Context") -> None:
        count = 0
        async with context.client.transactions.sync(account, cursor=cursor) as changes:
            async for batch in changes:
                _print_and_commit(batch, state)
                count += len(batch.transactions)
        note(f"{count:,} created or changed; the cursor was saved to {state}.")

    settings.run(work)


def _read_cursor(state: Path) -> str | None:
    if not state.parent.is_dir() or state.is_dir():
        raise UsageError("--state must name a file in an existing directory")
    if not state.exists():
        return None
    try:
        return str(json.loads(state.read_bytes())["cursor"])
    except (ValueError, KeyError, TypeError):
        raise UsageError(
            f"--state: {state} was not written by fincon transactions sync"
        ) from None


def _print_and_commit(batch: "Batch", state: Path) -> None:
    # Write the cursor only once the lines are safe.
    write_lines(
        (transaction.to_dict() for transaction in batch.transactions), to_disk=True
    )
    atomic.write_file(
        state, json_line({"account": batch.account, "cursor": batch.cursor}).encode()
    )
