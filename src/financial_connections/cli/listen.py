"""The `fincon listen` command: forward events to an application."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

import secrets
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from financial_connections.cli.confirm import has_test_key
from financial_connections.cli.failure import UsageError
from financial_connections.cli.inputs import read_secret
from financial_connections.cli.options import EventTypes
from financial_connections.cli.output import warn

if TYPE_CHECKING:
    from rich.text import Text

    from financial_connections.cli.forwarding import Delivery, Forwarder
    from financial_connections.cli.settings import Context

_SUCCESS = range(200, 300)


def listen(
    ctx: typer.Context,
    *,
    forward_to: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="URL of your webhook endpoint, such as localhost:8000/stripe.",
        ),
    ],
    types: EventTypes = None,
    secret_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="File with the signing secret (whsec_…); a new one by default.",
        ),
    ] = None,
    poll: Annotated[
        float,
        typer.Option(min=0.1, metavar="SECONDS", help="Time between two requests."),
    ] = 1,
) -> None:
    """Forward new events to your application until you press Ctrl-C.

    Prints the secret with which the events are signed, and then each event with the
    status of your application's response.
    """
    url = forward_to if "://" in forward_to else f"http://{forward_to}"
    _check_url(url)
    secret = read_secret(secret_file) if secret_file else _new_secret()

    async def work(context: "Context") -> None:
        from financial_connections.cli.forwarding import Forwarder

        if not (_is_private(url) or has_test_key(context.client)):
            raise UsageError(
                "with a live key, --forward-to must use https or this machine"
            )
        async with Forwarder.new_http_client() as http:
            forwarder = Forwarder(
                client=context.client, http=http, url=url, secret=secret, types=types
            )
            await forwarder.skip_past_events()
            context.output.show(
                {"forward_to": url, "secret": secret}, lambda: _banner(url, secret)
            )
            await _forward_forever(context, forwarder, poll)

    try:
        ctx.obj.run(work)
    except KeyboardInterrupt:
        return  # the intended end of the command


def _check_url(url: str) -> None:
    import httpx

    try:
        parsed = httpx.URL(url)
        is_valid = parsed.scheme in {"http", "https"} and bool(parsed.host)
    except httpx.InvalidURL:
        is_valid = False
    if not is_valid:
        raise UsageError(
            "--forward-to must be a URL such as http://localhost:8000/stripe"
        )


def _is_private(url: str) -> bool:
    parts = urlsplit(url)
    try:
        is_loopback = ip_address(parts.hostname or "").is_loopback
    except ValueError:
        is_loopback = parts.hostname == "localhost"
    return is_loopback or parts.scheme == "https"


def _new_secret() -> str:
    return f"whsec_{secrets.token_hex(32)}"


async def _forward_forever(
    context: "Context", forwarder: "Forwarder", poll: float
) -> None:
    import anyio

    from financial_connections.errors import (
        APIConnectionError,
        RateLimitError,
        ServerError,
    )

    is_failing = False
    while True:
        try:
            async for delivery in forwarder.forward_new():
                context.output.show(delivery.to_dict(), partial(_line, delivery))
            is_failing = False
        except (APIConnectionError, RateLimitError, ServerError) as error:
            if not is_failing:
                warn(f"cannot read events: {error}; still trying")
            is_failing = True
        await anyio.sleep(poll)


def _banner(url: str, secret: str) -> "Text":
    from rich.text import Text

    return Text.assemble(
        ("Forwarding to  ", "dim"),
        (url, "bold green"),
        ("\nSigning secret ", "dim"),
        (secret, "cyan"),
        ("\nPress Ctrl-C to stop.", "dim"),
        overflow="fold",
    )


def _line(delivery: "Delivery") -> "Text":
    from rich.text import Text

    from financial_connections.cli.tables import text

    event, status = delivery.event, delivery.status
    name = (event.type or "").removeprefix("financial_connections.")
    style = "green" if status in _SUCCESS else "red"
    return Text("  ").join(
        [
            text(delivery.error or status, style),
            text(name, "bold"),
            text(event.object_id),
            text(event.id, "cyan"),
            text(f"{delivery.seconds * 1000:.0f} ms", "dim"),
        ]
    )
