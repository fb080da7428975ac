"""The `fincon webhooks` commands."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

import os
from functools import partial
from time import time
from typing import Annotated

import typer

from financial_connections.cli.failure import UsageError
from financial_connections.cli.group import Command, command_group, format_examples
from financial_connections.cli.inputs import read_bytes, read_secret

app = command_group("Webhook events from Stripe.")

_TOLERANCE = 300.0


@app.command(
    "verify",
    cls=Command,
    epilog=format_examples(
        "fincon webhooks verify --secret-file whsec.txt"
        " --signature 't=1700000000,v1=5257a8…' body.json",
        "STRIPE_WEBHOOK_SECRET=… fincon webhooks verify"
        ' --signature "$STRIPE_SIGNATURE" < body.json',
    ),
)
def verify(
    ctx: typer.Context,
    payload: Annotated[
        str,
        typer.Argument(
            metavar="[FILE]", help="File with the unmodified body, or - for stdin."
        ),
    ] = "-",
    *,
    signature: Annotated[
        str,
        typer.Option(metavar="HEADER", help="Value of the Stripe-Signature header."),
    ],
    secret_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="File with the signing secret (whsec_…); overrides"
            " STRIPE_WEBHOOK_SECRET.",
        ),
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="Maximum age of the signature."),
    ] = _TOLERANCE,
    any_age: Annotated[
        bool,
        typer.Option(
            "--any-age",
            help="Accept a signature of any age, for example of a stored event.",
        ),
    ] = False,
) -> None:
    """Verify a webhook's signature and show its event.

    Exits with status 3 if the signature is invalid.
    """
    from financial_connections.cli import event_details
    from financial_connections.webhooks import construct_event

    if payload == secret_file == "-":
        raise UsageError("the secret and the body cannot both come from stdin")
    secret = (
        read_secret(secret_file)
        if secret_file
        else os.environ.get("STRIPE_WEBHOOK_SECRET", "")
    )
    if not secret:
        raise UsageError(
            "no signing secret; set STRIPE_WEBHOOK_SECRET or use --secret-file"
        )
    event = construct_event(
        read_bytes(payload),
        signature,
        secret,
        None if any_age else tolerance,
        on_version_mismatch="ignore",  # the version is shown
    )
    ctx.obj.output.show(
        event.to_dict(), partial(event_details.event, event, now=time())
    )
