"""The picture of the command in the documentation: `python docs/screens.py` writes
`docs/fincon.svg`.

It is drawn from the demo sandbox, whose clock stands still: the same bytes on each run.
"""
# ruff: noqa: INP001 - docs is no package

import io
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from financial_connections.cli import charts, tables
from financial_connections.cli.settings import Link, Settings

FILE = Path(__file__).with_name("fincon.svg")
COLUMNS = 88
CHECKING = "fca_4b29411f15a1ca9e28469ee2"

# Rich's own picture fetches its font from elsewhere; a page about bank data fetches
# nothing.
FORMAT = re.sub(
    r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL
).replace("Fira Code, monospace", "DejaVu Sans Mono, Menlo, Consolas, monospace")


def picture() -> str:
    """Return the picture as SVG."""
    screen = Console(
        file=io.StringIO(),
        record=True,
        width=COLUMNS,
        force_terminal=True,
        color_system="truecolor",
        markup=False,
    )
    Settings(sandbox=True).run(_drawing_on(screen))
    return screen.export_svg(title="fincon", code_format=FORMAT, unique_id="fincon")


def _drawing_on(screen: Console) -> Callable[[Link], Awaitable[None]]:
    async def draw(link: Link) -> None:
        accounts = await link.client.accounts.list().collect(max_items=10)
        transactions = link.client.transactions.list(account=CHECKING)
        newest = await transactions.collect(max_items=6)
        months = await charts.months(transactions)
        _ask(screen, "fincon accounts list")
        screen.print(tables.accounts(accounts, link.now()), "")
        _ask(screen, f"fincon transactions list --account {CHECKING} --limit 6")
        screen.print(tables.transactions(newest, link.now()), "")
        _ask(screen, f"fincon transactions list --account {CHECKING} --chart")
        screen.print(charts.spending(months))

    return draw


def _ask(screen: Console, command: str) -> None:
    screen.print(Text.assemble(("$ ", "bold green"), (command, "bold")))


if __name__ == "__main__":
    FILE.write_text(picture())
