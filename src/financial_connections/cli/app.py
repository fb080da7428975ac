"""The command-line application: its commands and the options they share."""

from typing import Annotated

import typer

from financial_connections.cli import (
    accounts,
    config,
    events,
    fleet,
    help_pages,
    sandbox_control,
    sessions,
    transactions,
    webhooks,
)
from financial_connections.cli.api import api
from financial_connections.cli.completion import InstallCompletion, ShowCompletion
from financial_connections.cli.failure import UsageError
from financial_connections.cli.group import (
    Command,
    Group,
    format_examples,
    reject_unusable_values,
)
from financial_connections.cli.link import link
from financial_connections.cli.listen import listen
from financial_connections.cli.owners import owners
from financial_connections.cli.settings import Settings
from financial_connections.cli.shared_options import (
    APIKeyFile,
    BaseURL,
    Columns,
    Debug,
    Format,
    Json,
    MaxRetries,
    Profile,
    Query,
    StripeAccount,
    Timeout,
    UseSandbox,
)
from financial_connections.cli.sync import sync
from financial_connections.cli.trigger import trigger

_EPILOG = """\
Output is a table on a terminal. When piped, it is JSON Lines with everything the \
server sent. --output, --columns and --query change that.

Exit status
  0  success
  1  a file could not be read or written, a demonstration failed, or fincon has a bug
  2  usage error or missing API key; nothing was changed
  3  the API key or a signature was rejected, or a permission is missing
  4  the API returned an error, or something did not happen in time
  5  no usable response was received, or a database cannot be reached
130  Ctrl-C
141  the reader of stdout closed it
143  SIGTERM
"""

app = typer.Typer(
    cls=Group,
    help="Stripe Financial Connections from the shell:"
    " linked bank accounts, their balances, owners and transactions.",
    epilog=_EPILOG,
    pretty_exceptions_enable=False,
    add_completion=False,  # Typer's own options do not accept a shell name
    context_settings={"help_option_names": ["-h", "--help"]},
)
accounts.app.command(
    "owners", cls=Command, epilog=format_examples("fincon accounts owners fca_123")
)(owners)
transactions.app.command(
    "sync",
    cls=Command,
    epilog=format_examples(
        "fincon transactions sync --account fca_123 --state fca_123.cursor"
        " >> transactions.jsonl"
    ),
)(sync)
app.add_typer(accounts.app, name="accounts")
app.add_typer(events.app, name="events")
app.add_typer(sessions.app, name="sessions")
app.add_typer(transactions.app, name="transactions")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(config.app, name="config", rich_help_panel="Tools")
app.add_typer(fleet.app, name="fleet", rich_help_panel="Tools")
app.command(
    "link",
    cls=Command,
    epilog=format_examples(
        "fincon link --customer cus_123",
        "fincon link --customer cus_123 --permission balances | jq -r .id",
        "fincon --sandbox link",
    ),
)(link)
app.command(
    "api",
    cls=Command,
    rich_help_panel="Tools",
    epilog=format_examples(
        "fincon api GET /v1/financial_connections/accounts -d limit=3",
        "fincon api POST /v1/customers -d name=Jane -d 'metadata[plan]=gold'",
    ),
)(api)
app.command(
    "listen",
    cls=Command,
    rich_help_panel="Tools",
    epilog=format_examples(
        "fincon listen --forward-to localhost:8000/stripe",
        "fincon listen --forward-to localhost:8000/stripe --secret-file whsec.txt",
    ),
)(listen)
app.command(
    "trigger",
    cls=Command,
    rich_help_panel="Tools",
    epilog=format_examples(
        "fincon trigger account.refreshed_transactions",
        "fincon trigger account.deactivated --account fca_123",
    ),
)(trigger)
app.add_typer(sandbox_control.app, name="sandbox", rich_help_panel="Tools")


def _show_versions_and_exit(*, is_requested: bool) -> None:
    if is_requested:
        Settings().show_versions()
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version",
        callback=_show_versions_and_exit,
        is_eager=True,
        expose_value=False,
        help="Show the package and API versions.",
    ),
]


@app.callback()
def fincon(
    ctx: typer.Context,
    *,
    _version: Version = False,
    _install: InstallCompletion = None,
    _show: ShowCompletion = None,
    output_format: Format = None,
    is_json: Json = None,
    columns: Columns = None,
    query: Query = None,
    profile: Profile = None,
    sandbox: UseSandbox = None,
    api_key_file: APIKeyFile = None,
    base_url: BaseURL = None,
    stripe_account: StripeAccount = None,
    timeout: Timeout = None,
    max_retries: MaxRetries = None,
    debug: Debug = None,
) -> None:
    """Read the shared options given before a command."""
    reject_unusable_values(ctx)
    ctx.obj = Settings().with_overrides(
        output_format=output_format,
        is_json=is_json,
        columns=columns,
        query=query,
        profile=profile,
        sandbox=sandbox,
        api_key_file=api_key_file,
        base_url=base_url,
        stripe_account=stripe_account,
        timeout=timeout,
        max_retries=max_retries,
        debug=debug,
    )


@app.command(
    "help",
    cls=Command,
    rich_help_panel="Tools",
    epilog=format_examples("fincon help", "fincon help accounts list"),
)
def show_help(
    ctx: typer.Context,
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="COMMAND", help="Command, such as accounts list."),
    ] = None,
) -> None:
    """Show the help page of a command."""
    context = ctx.find_root()
    for name in command or ():
        inner = getattr(context.command, "commands", {}).get(name)
        if inner is None:
            raise UsageError(f"no such command: {' '.join(command or ())}")
        context = typer.Context(inner, parent=context, info_name=name)
    help_pages.show(context.command, context)


@app.command("version", cls=Command, rich_help_panel="Tools")
def version(ctx: typer.Context) -> None:
    """Show the package and API versions."""
    ctx.obj.show_versions()
