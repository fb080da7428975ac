"""Completion: how a shell learns to go on with a line."""

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.completion import (
    get_completion_inspect_parameters,
    install_callback,
    show_callback,
)

from financial_connections.cli.choices import Shell
from financial_connections.cli.usage import UsageError

_INSTALL, _SHOW = "--install-completion", "--show-completion"


def _option(name: str, callback: Any, text: str) -> Any:
    return typer.Option(
        name,
        metavar="[SHELL]",
        callback=callback,
        is_eager=True,
        expose_value=False,
        help=text,
    )


Install = Annotated[
    Shell | None,
    _option(
        _INSTALL, install_callback, "Teach it to bash, zsh or fish; else to yours."
    ),
]
Show = Annotated[
    Shell | None,
    _option(_SHOW, show_callback, "Print what --install-completion would install."),
]


def prepare() -> None:
    """Make the shells known to Typer, which does so only for options of its own."""
    get_completion_inspect_parameters()


def with_shell(args: Sequence[str]) -> list[str]:
    """Return the arguments; where a shell may be named last and is not, with the one
    that asks.
    """
    return (
        [*args, _own_shell()] if args and args[-1] in {_INSTALL, _SHOW} else list(args)
    )


def _own_shell() -> str:
    shells: Any = import_module("shellingham")  # Typer's own way; it has no types
    try:
        return str(shells.detect_shell()[0])
    except shells.ShellDetectionFailure:
        raise UsageError(f"which shell is it? name one: {', '.join(Shell)}") from None
