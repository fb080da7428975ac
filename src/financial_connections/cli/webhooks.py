"""`fincon webhooks`."""

import os
from functools import partial
from time import time
from typing import Annotated

import typer

from financial_connections.cli.group import Command, examples, group
from financial_connections.cli.settings import content_of, secret_from
from financial_connections.cli.usage import UsageError

app = group("Events that Stripe sends.")

_TOLERANCE = 300.0


@app.command(
    "verify",
    cls=Command,
    epilog=examples(
        "fincon webhooks verify --secret-file whsec.txt --signature 't=1700000000,v1=5257a8…' body.json",
        'STRIPE_WEBHOOK_SECRET=… fincon webhooks verify --signature "$STRIPE_SIGNATURE" < body.json',
    ),
)
def verify(
    context: typer.Context,
    payload: Annotated[
        str, typer.Argument(metavar="[FILE]", help="The body as it came; - is stdin.")
    ] = "-",
    *,
    signature: Annotated[
        str, typer.Option(metavar="HEADER", help="The value of Stripe-Signature.")
    ],
    secret_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="It has the secret, whsec_…; else STRIPE_WEBHOOK_SECRET does.",
        ),
    ] = None,
    tolerance: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How old it may be.")
    ] = _TOLERANCE,
    any_age: Annotated[
        bool,
        typer.Option("--any-age", help="Let it be of any age: for events on record."),
    ] = False,
) -> None:
    """Verify the signature of a webhook, and show its event; status 3 when it does not
    hold.
    """
    from financial_connections.cli import details  # noqa: PLC0415 - help and completion do without
    from financial_connections.webhooks import construct_event  # noqa: PLC0415 - as above

    if payload == secret_file == "-":
        raise UsageError("stdin cannot be both the secret and the body")
    secret = (
        secret_from(secret_file)
        if secret_file
        else os.environ.get("STRIPE_WEBHOOK_SECRET", "")
    )
    if not secret:
        raise UsageError(
            "there is no secret: give --secret-file, or set STRIPE_WEBHOOK_SECRET"
        )
    event = construct_event(
        content_of(payload), signature, secret, None if any_age else tolerance
    )
    context.obj.output.show(event.to_dict(), partial(details.event, event, now=time()))
