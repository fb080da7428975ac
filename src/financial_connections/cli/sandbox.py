"""The `fincon sandbox` command without a subcommand: serve a sandbox until stopped."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

import signal
from ipaddress import ip_address
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from financial_connections.cli.choices import ScenarioName
from financial_connections.cli.failure import UsageError
from financial_connections.cli.output import warn

if TYPE_CHECKING:
    from rich.console import RenderableType

    from financial_connections.sandbox import Sandbox, Scenario


def sandbox(
    ctx: typer.Context,
    *,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65_535,
            metavar="N",
            help="Port to listen on; 0 picks a free one.",
        ),
    ] = 12111,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Random seed; the same seed gives the same IDs and data.",
            show_default="0",
        ),
    ] = None,
    scenario: Annotated[
        ScenarioName | None,
        typer.Option(
            metavar="NAME",
            help=f"Data to start with: {', '.join(ScenarioName)}.",
            show_default="demo",
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File that keeps the sandbox's state, to be restored the next time.",
        ),
    ] = None,
    webhook: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL", help="URL to send events to, on any host; repeatable."
        ),
    ] = None,
) -> None:
    """Serve a local API with made-up data until you press Ctrl-C.

    The commands below change a sandbox that is running.
    """
    if ctx.invoked_subcommand is not None:
        _reject_own_options(ctx)
        return
    from financial_connections.sandbox import serve

    if not _is_loopback(host):
        warn(f"anyone who can reach {host} can use this sandbox")
    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    selected = _open(scenario, seed, state)
    webhooks = [_add_webhook(selected.sandbox, url) for url in webhook or ()]
    server = serve(selected.sandbox, host=host, port=port)
    try:
        server.start()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot listen on {host}:{port}: {reason}") from None
    connection: dict[str, Any] = {
        "url": server.url,
        "api_key": selected.sandbox.api_key,
        "customer": selected.customer,
        "link_page": f"{server.url}/_sandbox/link",
    }
    if webhooks:
        connection["webhooks"] = webhooks
    try:
        ctx.obj.output.show(connection, lambda: _banner(connection))
        stopped.wait()
    finally:
        server.stop()
        selected.sandbox.close()


def _open(
    scenario: ScenarioName | None, seed: int | None, state: Path | None
) -> "Scenario":
    from financial_connections.sandbox import (
        SCENARIOS,
        Clock,
        Scenario,
        StateFileError,
    )

    if state is None:
        return SCENARIOS[scenario or ScenarioName.DEMO](seed or 0, Clock.system())
    try:
        return Scenario.from_state_file(state, scenario, seed=seed)
    except StateFileError as error:
        raise UsageError(f"--state: {error}") from None
    except OSError as error:
        raise UsageError(f"--state: cannot use {state}: {error.strerror}") from None


def _reject_own_options(ctx: typer.Context) -> None:
    for name in ctx.params:
        source = ctx.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise UsageError(
                f"--{name} does not apply to fincon sandbox {ctx.invoked_subcommand}"
            )


def _add_webhook(sandbox: "Sandbox", url: str) -> dict[str, str]:
    known = {webhook.url: webhook for webhook in sandbox.webhooks}
    try:
        if host := urlsplit(url).hostname:
            sandbox.webhook_hosts.add(host)
        added = known.get(url) or sandbox.add_webhook(url)
    except ValueError as error:
        raise UsageError(f"--webhook: {error}") from None
    return {"url": added.url, "secret": added.secret}


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _banner(connection: dict[str, Any]) -> "RenderableType":
    from rich.panel import Panel
    from rich.text import Text

    text = Text()
    for label, key, style in [
        ("Sandbox   ", "url", "bold green"),
        ("API key   ", "api_key", "cyan"),
        ("Customer  ", "customer", "cyan"),
        ("Link page ", "link_page", "cyan"),
    ]:
        text.append(label, "dim")
        text.append(f"{connection[key]}\n", style)
    for webhook in connection.get("webhooks", ()):
        text.append("Webhook   ", "dim")
        text.append(f"{webhook['url']}\n", "cyan")
        text.append("Secret    ", "dim")
        text.append(f"{webhook['secret']}\n", "cyan")
    text.append(f"\nexport STRIPE_API_KEY={connection['api_key']}\n")
    text.append(f"export STRIPE_BASE_URL={connection['url']}\n")
    text.append("fincon accounts list\n")
    text.append("\nPress Ctrl-C to stop.", "dim")
    return Panel(text, expand=False, border_style="green", padding=(0, 2))
