"""Draw the command's output for the documentation.

`python docs/screens.py` writes `docs/fincon.svg` and `docs/fleet.svg`. The data of the
first comes from the demo sandbox, whose clock is stopped, so every run writes the same
bytes. The second shows typical figures of `fincon fleet demo`.
"""
# ruff: noqa: INP001 - docs is not a package

import io
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from financial_connections.cli import charts, tables
from financial_connections.cli.fleet.demo.board import Board, Process
from financial_connections.cli.fleet.demo.picture import draw
from financial_connections.cli.settings import Context, Settings
from financial_connections.fleet import DeadAccount, Progress

FILE = Path(__file__).with_name("fincon.svg")
FLEET_FILE = Path(__file__).with_name("fleet.svg")
COLUMNS = 88
CHECKING = "fca_4b29411f15a1ca9e28469ee2"

# Rich's template loads its font from another site. This documentation loads nothing
# from elsewhere.
FORMAT = re.sub(
    r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL
).replace("Fira Code, monospace", "DejaVu Sans Mono, Menlo, Consolas, monospace")


def render_picture() -> str:
    """Return the picture of tables as SVG."""
    screen = _new_screen()
    Settings(sandbox=True).run(_draw_on(screen))
    return _export(screen, "fincon")


def render_fleet() -> str:
    """Return the picture of the demonstration of a fleet as SVG."""
    times = iter([0.0, 1.4, 1.4, 1.5, 13.9, 13.9, 20.4])
    board = Board(100, clock=lambda: next(times))
    board.announce("500 accounts are due")
    board.announce("worker 1 starts (pid 6378)")
    board.announce("worker 2 starts (pid 6380)")
    board.announce("worker 1 (pid 6378) is killed with SIGKILL", is_alarming=True)
    board.announce("worker 3 starts (pid 6394)")
    board.phase = "syncing"
    board.requests, board.rate = 1_645, 98.0
    board.progress = Progress(
        accounts=500,
        done=303,
        due=180,
        running=16,
        waiting=0,
        dead=1,
        backfill=196,
        transactions=39_330,
        oldest_due=19.0,
    )
    board.processes = (
        Process("feeder", 6356, "running"),
        Process("worker 1", 6378, "killed", 538),
        Process("worker 2", 6380, "running", 822),
        Process("worker 3", 6394, "running", 282),
    )
    error = "InvalidRequestError: The account is disconnected, so its data cannot be"
    dead = DeadAccount("fca_17823d2690cf888ea874e746", "", f"{error} read.", 0.0, 0)
    board.dead = (dead,)
    screen = _new_screen()
    _print_prompt(screen, "fincon fleet demo")
    screen.print(draw(board, "http://127.0.0.1:42153"))
    return _export(screen, "fleet")


def _new_screen() -> Console:
    return Console(
        file=io.StringIO(),
        record=True,
        width=COLUMNS,
        force_terminal=True,
        color_system="truecolor",
        markup=False,
    )


def _export(screen: Console, name: str) -> str:
    return screen.export_svg(title="fincon", code_format=FORMAT, unique_id=name)


def _draw_on(screen: Console) -> Callable[[Context], Awaitable[None]]:
    async def draw(context: Context) -> None:
        accounts = await context.client.accounts.list().collect(max_items=10)
        transactions = context.client.transactions.list(account=CHECKING)
        newest = await transactions.collect(max_items=6)
        totals = await charts.sum_by_month(transactions)
        _print_prompt(screen, "fincon accounts list")
        screen.print(tables.accounts(accounts, context.now()), "")
        _print_prompt(
            screen, f"fincon transactions list --account {CHECKING} --limit 6"
        )
        screen.print(tables.transactions(newest, context.now()), "")
        _print_prompt(screen, f"fincon transactions list --account {CHECKING} --chart")
        screen.print(charts.spending(totals))

    return draw


def _print_prompt(screen: Console, command: str) -> None:
    screen.print(Text.assemble(("$ ", "bold green"), (command, "bold")))


if __name__ == "__main__":
    FILE.write_text(render_picture())
    FLEET_FILE.write_text(render_fleet())
