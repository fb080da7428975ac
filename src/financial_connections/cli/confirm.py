"""Ask before an action that cannot be undone."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from financial_connections.cli.failure import UsageError

if TYPE_CHECKING:
    from financial_connections import AsyncClient

Yes = Annotated[
    bool,
    typer.Option("--yes", help="Skip the confirmation; required outside a terminal."),
]


def confirm(question: str, reason: str = "this cannot be undone") -> None:
    """Ask a question on the terminal, and return if the answer is yes.

    Args:
        question: Question to ask.
        reason: Reason for asking, shown outside a terminal.

    Raises:
        UsageError: The user declined, or cannot be asked without a terminal.
    """
    if not (sys.stdin and sys.stderr and sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{reason}; pass --yes to skip the confirmation")
    if not typer.confirm(question, err=True):
        raise UsageError("cancelled; nothing was changed")


def has_test_key(client: "AsyncClient") -> bool:
    """Return True if a client's key works only in test mode.

    Args:
        client: Client of the command.
    """
    key: str = client._transport.settings.api_key.reveal()
    return key.startswith(("sk_test_", "rk_test_"))
