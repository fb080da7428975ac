"""The picture of the demonstration for a terminal, without I/O."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from financial_connections.cli.fleet.demo.board import Board, Event
from financial_connections.cli.fleet.tables import STATES
from financial_connections.cli.text import sanitize

_BAR = 50
_EVENTS = 8
_PROCESS_STYLES = {"running": "green", "killed": "bold red", "stopped": "dim"}
_BLOCKS = {"done": "█", "running": "▓", "waiting": "▒", "dead": "█", "due": "░"}
"""The states in the order of the bar, with their characters."""


def draw(board: Board, url: str) -> RenderableType:
    """Return the picture of a board.

    Args:
        board: The board.
        url: URL of the status page.
    """
    parts: list[RenderableType] = [
        Text.assemble(
            ("Fleet ", "bold"),
            (f"{board.phase}  {board.seconds:.0f} s", "dim"),
            ("   status page ", "dim"),
            (url, "cyan"),
        ),
        "",
        _draw_accounts(board),
        "",
        _draw_figures(board),
        "",
        _draw_processes(board),
        "",
        *map(_draw_event, board.events[-_EVENTS:]),
    ]
    if board.dead:
        parts += ["", *_draw_dead(board)]
    if board.result:
        parts += ["", _draw_result(board.result)]
    return Padding(Group(*parts), (1, 2))


def _draw_accounts(board: Board) -> Text:
    """Return a bar of all accounts by state, with its legend."""
    bar, legend = Text(), Text()
    counts = [getattr(board.progress, state) for state in _BLOCKS]
    for state, count, width in zip(_BLOCKS, counts, _widths(counts), strict=True):
        style = STATES[state][0] or "dim"
        bar.append(_BLOCKS[state] * width, style)
        legend.append(f"{_BLOCKS[state]} ", style)
        legend.append(f"{count:,} {state}   ", "" if count else "dim")
    done = board.progress.done + board.progress.dead
    part = done / max(1, board.progress.accounts)
    return Text("\n").join([Text.assemble(bar, f"  {part:4.0%}"), legend])


def _widths(counts: Sequence[int]) -> list[int]:
    """Divide the bar, in which even a rare state is visible."""
    total = max(1, sum(counts))
    widths = [max(count > 0, round(_BAR * count / total)) for count in counts]
    widths[widths.index(max(widths))] += _BAR - sum(widths)
    return widths


def _draw_figures(board: Board) -> Text:
    filled = min(20, round(20 * board.rate / board.limit))
    text = Text.assemble(
        ("Requests  ", "dim"),
        ("━" * filled, "cyan"),
        ("━" * (20 - filled), "dim"),
        f" {board.rate:3.0f}/s of {board.limit}/s",
        (f"   {board.requests:,} sent, {board.rejected} rejected", "dim"),
    )
    text.append("\nRows      ", "dim")
    text.append(f"{board.progress.transactions:,} transactions")
    return text


def _draw_processes(board: Board) -> Table:
    table = Table(
        Column("process"),
        Column("pid", justify="right"),
        Column("state", min_width=8),
        Column("requests", justify="right"),
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        header_style="dim",
    )
    for process in board.processes:
        state = Text(process.state, _PROCESS_STYLES.get(process.state, ""))
        requests = "" if process.requests is None else f"{process.requests:,}"
        table.add_row(process.name, str(process.pid), state, requests)
    return table


def _draw_event(event: Event) -> Text:
    style = "bold red" if event.is_alarming else ""
    return Text.assemble((f"{event.seconds:5.1f} s  ", "dim"), (event.text, style))


def _draw_dead(board: Board) -> list[Text]:
    return [
        Text.assemble(
            ("dead ", "red"),
            sanitize(account.account),
            (f"  {sanitize(account.error)}", "dim"),
        )
        for account in board.dead
    ]


def _draw_result(result: dict[str, object]) -> Table:
    table = Table.grid(padding=(0, 2))
    for label, value in describe_result(result):
        table.add_row(Text(label, "dim"), Text(value))
    style = "bold green" if result["is_equal"] else "bold red"
    text = "nothing lost, nothing doubled" if result["is_equal"] else "they differ"
    table.add_row("", Text(text, style))
    return table


def describe_result(result: dict[str, object]) -> list[tuple[str, str]]:
    """Return the figures of the result, each with its label.

    Args:
        result: The result.
    """
    transactions = (
        f"{result['stored_transactions']:,} stored,"
        f" {result['sandbox_transactions']:,} in the sandbox"
    )
    changes = f"{result['changes']:,}, {result['repeated_changes']} of them repeated"
    requests = (
        f"{result['requests']:,} in {result['seconds']} s,"
        f" {result['rejected_requests']} rejected"
    )
    peak = f"{result['peak_rate']} requests in a second, {result['rate_limit']} allowed"
    return [
        ("transactions", transactions),
        ("digest of the table", f"{result['stored_digest']}"[:32]),
        ("digest of the sandbox", f"{result['sandbox_digest']}"[:32]),
        ("changes", changes),
        ("requests", requests),
        ("peak", peak),
    ]
