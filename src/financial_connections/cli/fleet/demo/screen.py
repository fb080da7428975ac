"""The demonstration in the terminal: live, as plain lines, or as JSON Lines."""

from contextlib import AbstractContextManager
from typing import Self

from rich.console import Console
from rich.live import Live

from financial_connections.cli.fleet.demo.board import Board
from financial_connections.cli.fleet.demo.picture import describe_result, draw
from financial_connections.cli.fleet.tables import STATES
from financial_connections.cli.output import console, write_lines
from financial_connections.cli.text import sanitize

_LINE_SECONDS = 2.0


class Screen(AbstractContextManager["Screen"]):
    """An output that shows the board.

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
    """A screen that is redrawn continually.

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
        if board.result or board.seconds >= self._next_line:
            self._next_line = board.seconds + _LINE_SECONDS
            self._print(f"{board.seconds:5.1f} s  {_describe_progress(board)}")
        if board.result:
            for label, value in describe_result(board.result):
                self._print(f"{label}: {value}")

    def _print(self, text: str) -> None:
        print(sanitize(text), flush=True)  # noqa: T201


def _describe_progress(board: Board) -> str:
    progress = board.progress
    counts = [f"{getattr(progress, state):,} {state}" for state in STATES]
    figures = [
        f"{board.rate:.0f} requests/s",
        f"{progress.transactions:,} transactions",
    ]
    return ", ".join([*counts, *figures])


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
        is_json: Whether the user requested JSON.
        is_terminal: Whether stdout is a terminal.
    """
    if is_json:
        return JSONLines(board, url)
    return LiveScreen(board, url, console()) if is_terminal else Lines(board, url)
