"""The demonstration in the terminal: live, as plain lines, or as JSON Lines."""

from contextlib import AbstractContextManager
from typing import Self

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from financial_connections.cli.fleet.demo.board import Board
from financial_connections.cli.fleet.tables import STATES
from financial_connections.cli.output import console, write_lines
from financial_connections.cli.text import sanitize

_BAR = 50
_EVENTS = 8
_LINE_SECONDS = 2.0
_PROCESS_STYLES = {"running": "green", "killed": "bold red", "stopped": "dim"}
_BLOCKS = {"done": "█", "running": "▓", "due": "░", "waiting": "▒", "dead": "█"}


class Screen(AbstractContextManager["Screen"]):
    """Something that shows the board.

    Args:
        board: The board.
        url: URL of the status page.
    """

    def __init__(self, board: Board, url: str) -> None:
        self._board = board
        self._url = url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def update(self) -> None:
        """Show that the board has changed."""


class LiveScreen(Screen):
    """A screen that is drawn again and again.

    Args:
        board: The board.
        url: URL of the status page.
        terminal: The terminal.
    """

    def __init__(self, board: Board, url: str, terminal: Console) -> None:
        super().__init__(board, url)
        self._live = Live(
            get_renderable=lambda: draw(board, url),
            console=terminal,
            refresh_per_second=8,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.stop()


class Lines(Screen):
    """Lines of text for a file or a pipe."""

    def __enter__(self) -> Self:
        self._events = 0
        self._next_line = 0.0
        self._print(f"status page: {self._url}")
        return self

    def update(self) -> None:
        """Print new events, and a line about the progress now and then."""
        board = self._board
        for event in board.events[self._events :]:
            self._print(f"{event.seconds:5.1f} s  {event.text}")
        self._events = len(board.events)
        if board.result:
            for label, value in describe_result(board.result):
                self._print(f"{label}: {value}")
        elif board.seconds >= self._next_line:
            self._next_line = board.seconds + _LINE_SECONDS
            counts = ", ".join(
                f"{getattr(board.progress, state):,} {state}" for state in STATES
            )
            self._print(
                f"{board.seconds:5.1f} s  {counts}, {board.rate:.0f} requests/s,"
                f" {board.progress.transactions:,} transactions"
            )

    def _print(self, text: str) -> None:
        print(sanitize(text), flush=True)  # noqa: T201


class JSONLines(Screen):
    """A line of JSON for each change."""

    def update(self) -> None:
        """Print the board, without the history of the rate."""
        values = self._board.to_dict()
        del values["rates"]
        write_lines([values])


def screen_for(board: Board, url: str, *, is_json: bool, is_terminal: bool) -> Screen:
    """Return the screen for stdout.

    Args:
        board: The board.
        url: URL of the status page.
        is_json: Whether the user asked for JSON.
        is_terminal: Whether stdout is a terminal.
    """
    if is_json:
        return JSONLines(board, url)
    return LiveScreen(board, url, console()) if is_terminal else Lines(board, url)


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
        _draw_processes(board),
        "",
        *(_draw_event(board, number) for number in range(-_EVENTS, 0)),
    ]
    if board.dead:
        parts += ["", *_draw_dead(board)]
    if board.result:
        parts += ["", _draw_result(board.result)]
    return Padding(Group(*parts), (1, 2))


def _draw_accounts(board: Board) -> Text:
    """Return a bar of all accounts by state, with its legend."""
    bar, legend = Text(), Text()
    total = max(1, board.progress.accounts)
    position = count = 0
    for state in ("done", "running", "waiting", "dead", "due"):
        number = getattr(board.progress, state)
        style = STATES[state][0] or "dim"
        count += number
        end = round(_BAR * count / total)
        if number:
            # A state that is rare is shown nevertheless.
            end = min(_BAR, max(end, position + 1))
        bar.append(_BLOCKS[state] * (end - position), style)
        position = max(position, end)
        legend.append(f"{_BLOCKS[state]} ", style)
        legend.append(f"{number:,} {state}   ", "" if number else "dim")
    bar.append("░" * (_BAR - position), "dim")
    done = board.progress.done + board.progress.dead
    return Text("\n").join([Text.assemble(bar, f"  {done / total:4.0%}"), legend])


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


def _draw_event(board: Board, number: int) -> Text:
    """Return an event, counted from the end, or an empty line."""
    if len(board.events) < -number:
        return Text()
    event = board.events[number]
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
        f"{result['requests']:,} in {result['seconds']} s, at most"
        f" {result['peak_rate']} in any second of {result['rate_limit']} allowed,"
        f" {result['rejected_requests']} rejected"
    )
    return [
        ("transactions", transactions),
        ("digest of the table", f"{result['stored_digest']}"[:32]),
        ("digest of the sandbox", f"{result['sandbox_digest']}"[:32]),
        ("changes", changes),
        ("requests", requests),
    ]
