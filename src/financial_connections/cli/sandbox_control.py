"""The `fincon sandbox` commands, which change a running sandbox."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

from typing import Annotated, get_args

import typer

from financial_connections.cli.control import run_control
from financial_connections.cli.failure import UsageError
from financial_connections.cli.group import Command, DefaultGroup, format_examples
from financial_connections.cli.sandbox import sandbox

app = typer.Typer(
    cls=DefaultGroup,
    callback=sandbox,
    invoke_without_command=True,
    epilog=format_examples(
        "fincon sandbox --port 0 --scenario many-transactions",
        "fincon sandbox --webhook http://127.0.0.1:8000/stripe",
    ),
)

SessionArgument = Annotated[
    str, typer.Argument(metavar="SESSION", help="ID of the session (fcsess_…).")
]


@app.command(
    "advance",
    cls=Command,
    epilog=format_examples("fincon sandbox advance 60", "fincon sandbox advance 1d12h"),
)
def advance(
    ctx: typer.Context,
    duration: Annotated[
        str,
        typer.Argument(
            metavar="DURATION", help="Seconds, or a duration such as 90s, 1h30m or 7d."
        ),
    ],
) -> None:
    """Move the sandbox's clock forward, and show its time."""
    from financial_connections.cli.durations import parse_duration

    body = {"seconds": parse_duration(duration)}
    run_control(ctx, "/advance", body, "time")


@app.command(
    "complete",
    cls=Command,
    epilog=format_examples(
        "fincon sandbox complete fcsess_123",
        "fincon sandbox complete fcsess_123 --account fca_123",
    ),
)
def complete(
    ctx: typer.Context,
    session: SessionArgument,
    *,
    accounts: Annotated[
        list[str] | None,
        typer.Option(
            "--account",
            metavar="ID",
            help="Account to link again (fca_…) instead of a new one; repeatable.",
        ),
    ] = None,
) -> None:
    """Complete a session as a customer who consents, and show the accounts' IDs."""
    body = {"session": session, "accounts": accounts or None}
    run_control(ctx, "/complete", body, "accounts")


@app.command(
    "cancel", cls=Command, epilog=format_examples("fincon sandbox cancel fcsess_123")
)
def cancel(ctx: typer.Context, session: SessionArgument) -> None:
    """Cancel a session as a customer who does not consent."""
    run_control(ctx, "/cancel", {"session": session}, "cancelled")


@app.command(
    "fault",
    cls=Command,
    epilog=format_examples(
        "fincon sandbox fault rate_limited --times 3 --retry-after 1",
        "fincon sandbox fault reset --operation refresh_account",
        "fincon sandbox fault --clear",
    ),
)
def fault(
    ctx: typer.Context,
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="[KIND]",
            help="Kind of the fault, such as latency, rate_limited, server_error or"
            " reset.",
        ),
    ] = None,
    *,
    operation: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Only requests of this operation, such as refresh_account.",
        ),
    ] = None,
    times: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", help="Number of requests to affect; 0 means all."
        ),
    ] = 1,
    seconds: Annotated[
        float,
        typer.Option(
            "--seconds",  # Typer would derive "--SECONDS" from the placeholder
            min=0,
            metavar="SECONDS",
            help="Duration of latency and slow_body.",
        ),
    ] = 0,
    retry_after: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="SECONDS", help="Value of the response's Retry-After header."
        ),
    ] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="Remove all faults first.")
    ] = False,
) -> None:
    """Inject a fault into further requests, and show all faults."""
    if kind is not None:
        from financial_connections.sandbox.faults import FaultKind

        _check("fault", [kind], get_args(FaultKind))
    body = kind and {
        "kind": kind,
        "operation": operation,
        "times": times or None,
        "seconds": seconds,
        "retry_after": retry_after,
    }
    run_control(ctx, "/faults", body or None, "faults", clear=clear)


@app.command(
    "webhook",
    cls=Command,
    epilog=format_examples(
        "fincon sandbox webhook http://127.0.0.1:8000/stripe",
        "fincon sandbox webhook --clear",
    ),
)
def webhook(
    ctx: typer.Context,
    url: Annotated[
        str | None,
        typer.Argument(metavar="[URL]", help="URL to send events to."),
    ] = None,
    *,
    thin: Annotated[
        bool, typer.Option("--thin", help="Send thin events instead of snapshots.")
    ] = False,
    duplicated: Annotated[
        bool, typer.Option("--duplicated", help="Send every event twice.")
    ] = False,
    out_of_order: Annotated[
        bool, typer.Option("--out-of-order", help="Send events in random order.")
    ] = False,
    clear: Annotated[
        bool, typer.Option("--clear", help="Remove all webhook endpoints first.")
    ] = False,
) -> None:
    """Send further events to a URL, and show its secret; else show all endpoints.

    The URL must be on this machine, unless `fincon sandbox` was started with
    `--webhook` for its host.
    """
    body = url and {
        "url": url,
        "event_payload": "thin" if thin else "snapshot",
        "duplicated": duplicated,
        "out_of_order": out_of_order,
    }
    run_control(ctx, "/webhooks", body or None, "webhooks", clear=clear)


@app.command(
    "quirk",
    cls=Command,
    epilog=format_examples(
        "fincon sandbox quirk owners_null undefined_currency",
        "fincon sandbox quirk --clear",
    ),
)
def quirk(
    ctx: typer.Context,
    name: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...", help="Quirks that replace the current ones."
        ),
    ] = None,
    *,
    clear: Annotated[
        bool, typer.Option("--clear", help="Remove all quirks first.")
    ] = False,
) -> None:
    """Deviate from the contract as Stripe has been seen to do; show all quirks."""
    if name:
        from financial_connections.sandbox.quirks import Quirk

        _check("quirk", name, get_args(Quirk))
    body = {"quirks": name} if name else None
    run_control(ctx, "/quirks", body, "quirks", clear=clear)


def _check(noun: str, values: list[str], allowed: tuple[str, ...]) -> None:
    for value in values:
        if value not in allowed:
            raise UsageError(
                f"{value!r} is not a {noun}; use one of {', '.join(allowed)}"
            )
