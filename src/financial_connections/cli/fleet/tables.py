"""Tables about a fleet, without I/O."""

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from financial_connections.cli import times
from financial_connections.cli.text import redact, sanitize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from financial_connections.fleet import DeadAccount, Progress

STATES = {
    "done": ("green", "up to date"),
    "due": ("", "waiting for a worker"),
    "running": ("cyan", "being synced"),
    "waiting": ("yellow", "tried again later, after an error"),
    "dead": ("red", "see fincon fleet dead"),
}
"""The style and the meaning of each state of an account."""


def status(progress: "Progress") -> Table:
    """Return a table with the state of all accounts.

    Args:
        progress: The state.
    """
    table = Table(
        Column(),
        Column(justify="right"),
        Column(style="dim"),
        box=None,
        show_header=False,
        padding=(0, 2, 0, 0),
    )
    table.add_row("accounts", f"{progress.accounts:,}")
    for name, (style, meaning) in STATES.items():
        count = getattr(progress, name)
        table.add_row(
            f"  {name}", Text(f"{count:,}", style if count else "dim"), meaning
        )
    table.add_row("backfill", f"{progress.backfill:,}", "never read to their end")
    table.add_row("transactions", f"{progress.transactions:,}", "stored")
    if progress.oldest_due is not None:
        table.add_row("oldest due", f"{progress.oldest_due:,.0f} s", "longest wait")
    return table


def dead(accounts: "Sequence[DeadAccount]", now: float) -> Table | Text:
    """Return a table with dead accounts.

    Args:
        accounts: The accounts.
        now: The current time, in seconds since the epoch.
    """
    if not accounts:
        return Text("No account is dead.", "dim")
    table = Table(
        Column("account", no_wrap=True),
        Column("since", no_wrap=True),
        Column("error", overflow="fold"),
        box=SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        header_style="bold",
    )
    for account in accounts:
        table.add_row(
            Text(sanitize(account.account)),
            times.relative(int(account.dead_at), now),
            Text(sanitize(redact(account.error)), "red"),
        )
    return table
