"""Shell completion."""

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
from financial_connections.cli.failure import UsageError

_INSTALL, _SHOW = "--install-completion", "--show-completion"


def _option(name: str, callback: Any, help_text: str) -> Any:
    return typer.Option(
        name,
        metavar="[SHELL]",
        callback=callback,
        is_eager=True,
        expose_value=False,
        help=help_text,
    )


InstallCompletion = Annotated[
    Shell | None,
    _option(
        _INSTALL,
        install_callback,
        "Install completion for bash, zsh or fish; defaults to the current shell.",
    ),
]
ShowCompletion = Annotated[
    Shell | None,
    _option(_SHOW, show_callback, "Print the script --install-completion installs."),
]


def register_shells() -> None:
    """Register shells with Typer, which normally only does so for its own options."""
    get_completion_inspect_parameters()


def add_current_shell(args: Sequence[str]) -> list[str]:
    """Add the current shell to arguments that end with a completion option.

    Args:
        args: Command-line arguments.

    Returns:
        The arguments, with the shell appended if the last one is a completion option.

    Raises:
        UsageError: The current shell cannot be detected.
    """
    if args and args[-1] in {_INSTALL, _SHOW}:
        return [*args, _current_shell()]
    return list(args)


def _current_shell() -> str:
    shells: Any = import_module("shellingham")  # an untyped dependency of Typer
    try:
        return str(shells.detect_shell()[0])
    except shells.ShellDetectionFailure:
        raise UsageError(
            f"could not detect the current shell; specify one of: {', '.join(Shell)}"
        ) from None
