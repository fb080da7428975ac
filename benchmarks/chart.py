"""Draw the chart of docs/performance.md from the tables in docs/benchmarks.md.

`python -m benchmarks.chart` writes the chart and the sentences above it. It measures
nothing; `python -m benchmarks` does, and then writes both pages.
"""

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

from benchmarks.clients import OFFICIAL, TITLES
from benchmarks.report import update_page

DOCS = Path(__file__).parents[1] / "docs"
RESULTS = DOCS / "benchmarks.md"
PAGE = DOCS / "performance.md"
CHART = DOCS / "performance.svg"

_ROWS = {
    "stream": "Read a list of 20,000 transactions",
    "decode": "Decode a page of 100 transactions",
    "accounts": "Read 50 lists at the same time",
    "concurrent": "Send 64 requests at the same time (CPU time)",
    "retrieve": "Send one request (CPU time)",
    "memory": "Keep 20,000 transactions (memory)",
    "import": "Import the package (CPU time)",
    "first": "Start a process, receive a response",
}
"""The workloads in the chart, with their labels."""

_SIMILAR = 1.05
"""Ratio from which two times are described as different."""

_WIDTH, _TOP, _ROW = 500, 66, 52
_SCALE = 300
"""Length of the bar that stands for the official SDK, if all bars fit."""
_MARGIN = 60
"""Space for the number behind the longest bar."""

# Colours that are legible on white as well as on a dark page.
_STYLE = """<style>
text { font: 15px system-ui, sans-serif; fill: #6b7a90 }
.title { font-weight: 600; fill: #7480c2 }
.ours { fill: #6d66f5 }
.slower { fill: #d9622b }
.official { fill: #94a3b8; fill-opacity: 0.35 }
</style>"""


def ratios_in(page: str) -> dict[str, float]:
    """Return how many times as much the official SDK needs, for each workload.

    Args:
        page: Text of the page with the results. Failed workloads are left out.
    """
    ratios = {}
    # The ratios of the first figure are in the third column.
    head = rf"\| contender \|[^|]*\| {re.escape(TITLES[OFFICIAL])} needs \|"
    row = rf"\| {re.escape(TITLES['ours'])} \|[^|]*\| ([\d.]+)\S \|"
    for name, table in re.findall(
        r"<!-- table: (\w+) -->\n(.*?)<!-- end -->", page, re.DOTALL
    ):
        match = re.search(rf"^{head}.*^{row}", table, re.MULTILINE | re.DOTALL)
        if match:
            ratios[name] = float(match[1])
    return ratios


def summarize(ratios: Mapping[str, float]) -> str:
    """Return three sentences about the ratios."""
    text = (
        f"Stripe's official SDK needs {ratios['stream']:.2g} times as long as this one"
        f" to read a list of transactions, and {ratios['decode']:.2g} times as long to"
        f" decode a page. It uses {ratios['retrieve']:.2g} times as much CPU time for a"
        f" single call, and {ratios['concurrent']:.2g} times as much for 64 calls at"
        f" the same time. {_summarize_start(ratios['first'])}"
    )
    return textwrap.fill(text, 80)


def _summarize_start(ratio: float) -> str:
    begin = "the first response of a new process arrives"
    if ratio < 1 / _SIMILAR:
        return (
            f"Only {begin} later than with the official SDK, which needs {ratio:.0%} of"
            " the time."
        )
    if ratio < _SIMILAR:
        return f"{begin.capitalize()} after about the same time with both."
    return (
        f"{begin.capitalize()} after {1 / ratio:.0%} of the time that it takes with the"
        " official SDK."
    )


def draw(ratios: Mapping[str, float]) -> str:
    """Return a bar chart of what this SDK needs, as SVG."""
    rows = [name for name in _ROWS if name in ratios]
    height = _TOP + _ROW * len(rows)
    scale = min([_SCALE, *((_WIDTH - _MARGIN) * ratios[name] for name in rows)])
    lines = [
        '<svg xmlns="http://www.w3.org/2000/svg" role="img"',
        f' width="{_WIDTH}" viewBox="0 0 {_WIDTH} {height}">',
        "<title>Time and memory compared with the official SDK</title>",
        _STYLE,
        '<text class="title" x="0" y="16">Needed by this SDK (less is better)</text>',
        '<rect class="official" x="0" y="29" width="14" height="14" rx="2"/>',
        '<text x="22" y="41">100%: needed by the official SDK</text>',
    ]
    for number, name in enumerate(rows):
        share, y = 1 / ratios[name], _TOP + _ROW * number
        width, end = scale * share, scale * max(share, 1) + 10
        lines += [
            f'<text x="0" y="{y + 15}">{_ROWS[name]}</text>',
            _bar("official", y, scale),
            _bar("slower" if share > 1 else "ours", y, width),
            f'<text x="{end:.1f}" y="{y + 36}">{share:.0%}</text>',
        ]
    return "\n".join([*lines, "</svg>\n"])


def _bar(kind: str, y: int, width: float) -> str:
    size = f'width="{width:.1f}" height="18" rx="2"'
    return f'<rect class="{kind}" x="0" y="{y + 22}" {size}/>'


def write() -> None:
    """Write the chart and the sentences."""
    ratios = ratios_in(RESULTS.read_text(encoding="utf-8"))
    CHART.write_text(draw(ratios), encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(update_page(page, {"summary": summarize(ratios)}), encoding="utf-8")


if __name__ == "__main__":
    write()
