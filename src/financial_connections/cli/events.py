"""The `fincon events` commands."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from financial_connections.cli.group import Command, command_group, format_examples
from financial_connections.cli.options import (
    EndingBefore,
    EventTypes,
    Limit,
    StartingAfter,
)
from financial_connections.cli.time_options import Since, Until, bounds_from

if TYPE_CHECKING:
    from financial_connections.cli.settings import Context

app = command_group("Events of the last 30 days.")


@app.command(
    "list",
    cls=Command,
    epilog=format_examples(
        "fincon events list --undelivered",
        "fincon events list --after evt_123 | jq -r .type",
    ),
)
def list_events(
    ctx: typer.Context,
    *,
    types: EventTypes = None,
    after: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Only events after this one, oldest first."),
    ] = None,
    since: Since = None,
    until: Until = None,
    undelivered: Annotated[
        bool,
        typer.Option(
            "--undelivered",
            help="Only events that a webhook endpoint has not acknowledged.",
        ),
    ] = False,
    limit: Limit = None,
    starting_after: StartingAfter = None,
    ending_before: EndingBefore = None,
) -> None:
    """List events, newest first."""

    async def work(context: "Context") -> None:
        from financial_connections.cli import event_details

        events = context.client.events.list(
            types=types or None,
            after=after,
            created=bounds_from(since, until),
            delivery_success=False if undelivered else None,
            starting_after=starting_after,
            ending_before=ending_before,
        )
        draw = partial(event_details.events, now=context.now())
        await context.output.show_list(events, limit, draw)

    ctx.obj.run(work)


@app.command(
    "retrieve",
    cls=Command,
    epilog=format_examples("fincon events retrieve evt_123"),
)
def retrieve(
    ctx: typer.Context,
    event: Annotated[
        str, typer.Argument(metavar="EVENT", help="ID of the event (evt_…).")
    ],
) -> None:
    """Show an event."""

    async def work(context: "Context") -> None:
        from financial_connections.cli import event_details

        result = await context.client.events.retrieve(event)
        context.output.show(
            result.to_dict(), partial(event_details.event, result, now=context.now())
        )

    ctx.obj.run(work)
