"""Draw the command's output for the documentation.

`python docs/screens.py` writes `docs/fincon.svg`. The data comes from the demo sandbox,
whose clock is stopped, so every run writes the same bytes.
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
from financial_connections.cli.settings import Context, Settings

FILE = Path(__file__).with_name("fincon.svg")
COLUMNS = 88
CHECKING = "fca_4b29411f15a1ca9e28469ee2"

# Rich's template loads its font from another site. This documentation loads nothing
# from elsewhere.
FORMAT = re.sub(
    r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL
).replace("Fira Code, monospace", "DejaVu Sans Mono, Menlo, Consolas, monospace")


def render_picture() -> str:
    """Return the picture as SVG."""
    screen = Console(
        file=io.StringIO(),
        record=True,
        width=COLUMNS,
        force_terminal=True,
        color_system="truecolor",
        markup=False,
    )
    Settings(sandbox=True).run(_draw_on(screen))
    return screen.export_svg(title="fincon", code_format=FORMAT, unique_id="fincon")


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
