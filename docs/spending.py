"""Draw income and spending by month for the guide to data.

`python docs/spending.py` writes `docs/spending.svg`. The data comes from the sandbox,
whose clock is stopped, so every run writes the same bytes.
"""
# ruff: noqa: INP001 - docs is not a package

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import anyio
import duckdb

from financial_connections import AsyncClient
from financial_connections.sandbox import Sandbox, serve

FILE = Path(__file__).with_name("spending.svg")
KINDS = ("income", "spending")
WIDTH, HEIGHT, MARGIN = 720, 280, 60
BASE = HEIGHT - 32
STEP = 2_000
"""Dollars between two lines of the scale."""
QUERY = """
    SELECT strftime(transacted_at AT TIME ZONE 'UTC', '%b %Y') AS month,
           sum(amount_decimal) FILTER (amount > 0) AS income,
           -sum(amount_decimal) FILTER (amount < 0) AS spending
    FROM transactions
    WHERE status <> 'void'
    GROUP BY month
    ORDER BY min(transacted_at)
"""
# The file is shown as an image, so it cannot use the colours of the page. These can be
# seen on a light and on a dark page.
STYLE = """
text { font: 12px sans-serif; fill: #808080; text-anchor: middle }
line { stroke: #8886 }
.income { fill: #4fa56f }
.spending { fill: #6b7fdc }
text.scale { text-anchor: end }
text.legend { text-anchor: start }
"""


async def read_months() -> list[tuple[str, Decimal, Decimal]]:
    """Return each month with its income and spending in dollars."""
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=600, history_days=240)
    async with (
        serve(sandbox) as server,
        AsyncClient(sandbox.api_key, base_url=server.url) as client,
    ):
        pager = client.transactions.list(account=account)
        # DuckDB finds the table by the name of the variable.
        transactions = await pager.to_arrow(max_items=10_000)  # noqa: F841
    return [
        (month, income or Decimal(), spending or Decimal())
        for month, income, spending in duckdb.sql(QUERY).fetchall()
    ]


def render(months: list[tuple[str, Decimal, Decimal]]) -> str:
    """Return a bar chart as SVG.

    Args:
        months: The name, income and spending of each month.
    """
    largest = max(amount for _, *amounts in months for amount in amounts)
    top = STEP * (int(largest) // STEP + 1)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">',
        "<title>Income and spending by month</title>",
        f"<style>{STYLE}</style>",
        *_scale(top),
    ]
    slot = (WIDTH - MARGIN) / len(months)
    for number, (name, *amounts) in enumerate(months):
        middle = MARGIN + slot * (number + 0.5)
        lines.append(f'<text x="{middle:.1f}" y="{BASE + 20}">{name}</text>')
        for kind, amount, side in zip(KINDS, amounts, (-1, 0), strict=True):
            x, height = middle + side * slot * 0.36, _height(amount, top)
            lines.append(
                f'<rect class="{kind}" x="{x:.1f}" y="{BASE - height:.1f}"'
                f' width="{slot * 0.34:.1f}" height="{height:.1f}" rx="2"/>'
            )
    return "\n".join([*lines, *_legend(), "</svg>\n"])


def _height(amount: Decimal | int, top: int) -> float:
    return float(amount) * (BASE - 40) / top


def _scale(top: int) -> Iterator[str]:
    for amount in range(0, top + 1, STEP):
        y = BASE - _height(amount, top)
        yield f'<line x1="{MARGIN}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="scale" x="{MARGIN - 8}" y="{y + 4:.1f}">${amount:,}</text>'


def _legend() -> Iterator[str]:
    for number, kind in enumerate(KINDS):
        x = MARGIN + 80 * number
        yield f'<rect class="{kind}" x="{x}" y="6" width="12" height="12" rx="2"/>'
        yield f'<text class="legend" x="{x + 18}" y="16">{kind}</text>'


if __name__ == "__main__":
    FILE.write_text(render(anyio.run(read_months)))
