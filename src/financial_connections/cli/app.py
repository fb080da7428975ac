"""The application: its commands, and the options that all of them take."""

from typing import Annotated

import typer

from financial_connections.cli import accounts, sessions, transactions, webhooks
from financial_connections.cli.completion import Install, Show
from financial_connections.cli.group import (
    Command,
    everywhere,
    examples,
    refuse_unusable,
)
from financial_connections.cli.sandbox import sandbox
from financial_connections.cli.settings import Settings

_EPILOG = """\
[dim]Results[/] are tables on a terminal. In a pipe, or with --json, they are JSON Lines: all that the server sent.

[dim]Exit status[/]
  0  done
  1  a file cannot be read or written, or a bug
  2  usage; nothing was changed
  3  the key, a permission or a signature was refused
  4  the API refused
  5  no usable answer arrived
130  Ctrl-C; 143: SIGTERM; 141: nobody reads stdout any more
"""

Json = Annotated[
    bool | None, everywhere("--json", help="Print JSON Lines on a terminal too.")
]
WithSandbox = Annotated[
    bool | None, everywhere("--sandbox", help="Ask a sandbox, with made-up data.")
]
KeyFile = Annotated[
    str | None,
    everywhere(metavar="FILE", help="Has the key (- is stdin), else STRIPE_API_KEY."),
]
BaseUrl = Annotated[str | None, everywhere(metavar="URL", help="Where the API is.")]
StripeAccount = Annotated[
    str | None, everywhere(metavar="ID", help="The connected account to act for.")
]
AttemptTimeout = Annotated[
    float | None,
    everywhere(metavar="SECONDS", help="How long an attempt may take (30)."),
]
Retries = Annotated[
    int | None, everywhere(metavar="N", help="How often an attempt is repeated (2).")
]
Debug = Annotated[
    bool | None, everywhere("--debug", help="Log attempts, and show where one fails.")
]

app = typer.Typer(
    help="Stripe's Financial Connections in a shell: linked bank accounts, balances, owners, transactions.",
    epilog=_EPILOG,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,  # its own takes no shell
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(accounts.app, name="accounts")
app.add_typer(sessions.app, name="sessions")
app.add_typer(transactions.app, name="transactions")
app.add_typer(webhooks.app, name="webhooks")
app.command(
    "sandbox",
    cls=Command,
    rich_help_panel="Tools",
    epilog=examples("fincon sandbox --port 0 --scenario many-transactions"),
)(sandbox)


def _tell_version(settings: Settings) -> None:
    from rich.text import Text  # noqa: PLC0415 - as late as everything that draws

    from financial_connections import API_VERSION, __version__  # noqa: PLC0415 - help and completion do without

    text = f"financial-connections {__version__}, API version {API_VERSION}"
    settings.output.show(
        {"version": __version__, "api_version": API_VERSION}, lambda: Text(text)
    )


def _tell_version_and_end(*, is_asked: bool) -> None:
    if is_asked:
        _tell_version(Settings())
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version",
        callback=_tell_version_and_end,
        is_eager=True,
        expose_value=False,
        help="Show the versions.",
    ),
]


@app.callback()
def fincon(
    context: typer.Context,
    *,
    _version: Version = False,
    _install: Install = None,
    _show: Show = None,
    is_json: Json = None,
    sandbox: WithSandbox = None,
    api_key_file: KeyFile = None,
    base_url: BaseUrl = None,
    stripe_account: StripeAccount = None,
    timeout: AttemptTimeout = None,
    max_retries: Retries = None,
    debug: Debug = None,
) -> None:
    """Take the options that stand before a command."""
    refuse_unusable(context)
    context.obj = Settings().overridden(
        is_json=is_json,
        sandbox=sandbox,
        api_key_file=api_key_file,
        base_url=base_url,
        stripe_account=stripe_account,
        timeout=timeout,
        max_retries=max_retries,
        debug=debug,
    )


@app.command("version", cls=Command, rich_help_panel="Tools")
def version(context: typer.Context) -> None:
    """Show the versions of this package and of the API."""
    _tell_version(context.obj)
