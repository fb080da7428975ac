"""The `fincon config` commands."""

import sys
from getpass import getpass
from typing import Annotated

import typer

from financial_connections.cli import profiles
from financial_connections.cli.choices import OutputFormat, Setting
from financial_connections.cli.failure import UsageError
from financial_connections.cli.group import Command, command_group, format_examples
from financial_connections.cli.inputs import read_secret
from financial_connections.cli.text import redact, sanitize

app = command_group("Profiles: settings and API keys that are kept in a file.")

_Name = Annotated[
    Setting,
    typer.Argument(metavar="NAME", help=f"One of: {', '.join(Setting)}."),
]


@app.command(
    "set",
    cls=Command,
    epilog=format_examples(
        "fincon config set api_key",
        "fincon config set base_url http://127.0.0.1:12111 --profile local",
        "fincon config set api_key --profile test < key.txt",
    ),
)
def set_value(
    ctx: typer.Context,
    name: _Name,
    value: Annotated[
        str | None,
        typer.Argument(metavar="VALUE", help="New value, except for an API key."),
    ] = None,
) -> None:
    """Store a setting in a profile.

    An API key is entered at a prompt, or read from stdin.
    """
    if name == Setting.API_KEY:
        if value is not None:
            raise UsageError(
                "an API key in the command line is visible to others; enter it at the"
                " prompt, or pass it through stdin"
            )
        value = _read_key()
    elif value is None:
        raise UsageError(f"{name} needs a value")
    _check(name, value)
    profile = profiles.name_of(ctx.obj.profile)
    profiles.store(profile, name, value)


@app.command(
    "unset", cls=Command, epilog=format_examples("fincon config unset stripe_account")
)
def unset(ctx: typer.Context, name: _Name) -> None:
    """Remove a setting from a profile."""
    profiles.store(profiles.name_of(ctx.obj.profile), name, None)


@app.command(
    "list", cls=Command, epilog=format_examples("fincon config list --profile test")
)
def list_values(ctx: typer.Context) -> None:
    """Show the settings of a profile; the API key is masked."""
    from rich.text import Text  # noqa: PLC0415 - lazy import keeps help fast

    values = {
        name: _masked(name, value)
        for name, value in profiles.load(ctx.obj.profile).items()
    }
    lines = [f"{name} = {sanitize(value)}" for name, value in values.items()]
    ctx.obj.output.show(
        {"profile": profiles.name_of(ctx.obj.profile), **values},
        lambda: Text("\n".join(lines)),
    )


@app.command("path", cls=Command, epilog=format_examples("fincon config path"))
def path() -> None:
    """Print the path of the file with the profiles."""
    sys.stdout.write(f"{profiles.file_path()}\n")


def _masked(name: str, value: str) -> str:
    return redact(value) if redact(value) != value or name != Setting.API_KEY else "***"


def _read_key() -> str:
    if sys.stdin is not None and sys.stdin.isatty():
        return getpass("API key: ").strip()
    return read_secret("-")


def _check(name: str, value: str) -> None:
    if not value.isprintable() or value != value.strip() or not value:
        raise UsageError(f"{name} must be one line of text without spaces around it")
    if name == Setting.API_KEY and not value.startswith(("sk_", "rk_")):
        raise UsageError("an API key begins with sk_ or rk_")
    if name == "output" and value not in set(OutputFormat):
        raise UsageError(f"output must be one of {', '.join(OutputFormat)}")
    if name == "base_url" and not value.startswith(("http://", "https://")):
        raise UsageError("base_url must begin with http:// or https://")
