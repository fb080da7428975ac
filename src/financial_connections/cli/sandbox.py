"""`fincon sandbox`: the API on this machine, until it is stopped."""

import signal
from ipaddress import ip_address
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from financial_connections.cli.choices import Scene
from financial_connections.cli.output import warn
from financial_connections.cli.usage import UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType


def sandbox(
    context: typer.Context,
    *,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="The address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65_535, metavar="N", help="The port; 0 is any that is free."
        ),
    ] = 12111,
    seed: Annotated[
        int, typer.Option(metavar="N", help="The same seed, the same ids and data.")
    ] = 0,
    scenario: Annotated[Scene, typer.Option(help="What is there.")] = Scene.DEMO,
) -> None:
    """Serve the API on this machine, with made-up data, until Ctrl-C."""
    from financial_connections.sandbox import SCENARIOS, Clock, serve  # noqa: PLC0415 - an extra, and slow to load

    if not _is_loopback(host):
        warn(f"everybody who reaches {host} can use this sandbox")
    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    chosen = SCENARIOS[scenario](seed, Clock.system())
    server = serve(chosen.sandbox, host=host, port=port)
    try:
        server.start()
    except (OSError, OverflowError) as problem:
        raise UsageError(
            f"cannot listen on {host}:{port}: {getattr(problem, 'strerror', None) or problem}"
        ) from None
    facts = {
        "url": server.url,
        "api_key": chosen.sandbox.api_key,
        "customer": chosen.customer,
        "link_page": f"{server.url}/_sandbox/link",
    }
    try:
        context.obj.output.show(facts, lambda: _banner(facts))
        stopped.wait()
    finally:
        server.stop()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _banner(facts: dict[str, str]) -> "RenderableType":
    from rich.panel import Panel  # noqa: PLC0415 - in a pipe nothing is drawn
    from rich.text import Text  # noqa: PLC0415 - as above

    lines = [
        ("Sandbox   ", facts["url"], "bold green"),
        ("API key   ", facts["api_key"], "cyan"),
        ("Customer  ", facts["customer"], "cyan"),
        ("Linking   ", facts["link_page"], "cyan"),
    ]
    text = Text.assemble(
        *(
            part
            for name, value, style in lines
            for part in ((name, "dim"), (value + "\n", style))
        )
    )
    text.append("\nexport STRIPE_API_KEY=" + facts["api_key"] + "\n")
    text.append("fincon --base-url " + facts["url"] + " accounts list\n")
    text.append("\nStop with Ctrl-C.", "dim")
    return Panel(text, expand=False, border_style="green", padding=(0, 2))
