"""Results → the chart of ratios. Pure."""

import math
from collections.abc import Mapping
from typing import Any

from benchmarks.contenders import ENTRIES, OFFICIAL, OURS, OURS_AIOHTTP
from benchmarks.drawing import band, document, dot, line, text
from benchmarks.figures import TIMES, Summary, ratios, summary, times

ROWS = {
    "decode": "Decode a page",
    "retrieve": "One retrieve (CPU)",
    "at_once": "64 concurrent retrieves",
    "thousand": "1,000 concurrent retrieves",
    "stream": "Stream 20,000 items",
    "fan_out": "50 accounts at once",
    "kept": "Memory per item kept",
    "import": "Import (CPU)",
    "client": "Import, make a client",
    "first": "Start to first answer",
}
_WIDTH, _LEFT, _RIGHT, _TOP = 860, 210, 60, 112
# From the top of a row; ours are further apart, for they have labels.
_LANES = dict(zip(ENTRIES, (10, 17, 24, 31, 38, 49, 63), strict=True))
_ROW = 74
_LOOKS = {name: f"c{number}" for number, name in enumerate(ENTRIES)}


def ratios_chart(results: Mapping[str, Any]) -> str:
    """Return how many times better each contender is than the official SDK on httpx,
    workload by workload.
    """
    rows = {
        name: found
        for name in ROWS
        if (found := _against_official(results["workloads"].get(name)))
    }
    values = [
        one
        for row in rows.values()
        for each in row.values()
        for one in (each.lower, each.upper)
    ]
    scale = _Scale(min([0.5, *values]), max([2.0, *values]))
    height = _TOP + _ROW * len(rows) + 40
    shapes = [
        text(24, 32, "How many times better than the official SDK on httpx", "title"),
        *_legend(),
    ]
    shapes += [
        shape
        for number in range(0, len(rows), 2)
        for shape in [band(0, _TOP + _ROW * number, _WIDTH, _ROW)]
    ]
    shapes += _axis(scale, height)
    for number, (name, row) in enumerate(rows.items()):
        shapes += _row(_TOP + _ROW * number, ROWS[name], row, scale)
    return document(
        _WIDTH,
        height,
        "Ratios against the official SDK; the page's tables have the numbers",
        shapes,
    )


def _against_official(table: Mapping[str, Any] | None) -> dict[str, Summary]:
    cells = table["cells"] if table else {}
    official = cells.get(OFFICIAL, {}).get("rounds")
    if not official or table is None:
        return {}
    found = {}
    for name in ENTRIES:
        own = cells.get(name, {}).get("rounds")
        if own:
            found[name] = summary(
                ratios(own, official)
                if table["more_is_better"]
                else ratios(official, own)
            )
    return found


class _Scale:
    """Ratios → x; logarithmic, so that twice as fast looks the same everywhere."""

    def __init__(self, least: float, most: float) -> None:
        self.least = 2.0 ** math.floor(math.log2(least))
        self.most = 2.0 ** math.ceil(math.log2(most))

    def x(self, value: float) -> float:
        share = math.log(value / self.least) / math.log(self.most / self.least)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def ticks(self) -> list[float]:
        exponents = range(round(math.log2(self.least)), round(math.log2(self.most)) + 1)
        return [2.0**exponent for exponent in exponents]


def _legend() -> list[str]:
    shapes = []
    for number, (name, entry) in enumerate(ENTRIES.items()):
        x, y = 24 + 205 * (number % 4), 58 + 20 * (number // 4)
        shapes += [dot(x + 5, y - 4, 5, _LOOKS[name]), text(x + 16, y, entry.title)]
    return shapes


def _axis(scale: _Scale, height: float) -> list[str]:
    shapes = []
    for tick in scale.ticks():
        x = scale.x(tick)
        shapes += [line(x, _TOP - 4, x, height - 34, "base" if tick == 1 else "grid")]
        shapes += [
            text(x, height - 16, f"{tick:g}{TIMES}", "small middle"),
            text(x, _TOP - 10, f"{tick:g}{TIMES}", "small middle"),
        ]
    return shapes


def _row(
    top: float, title: str, row: Mapping[str, Summary], scale: _Scale
) -> list[str]:
    shapes = [text(24, top + _ROW / 2 + 4, title)]
    for name, one in row.items():
        y, look = top + _LANES[name], _LOOKS[name]
        ours = name in {OURS, OURS_AIOHTTP}
        x = scale.x(one.median)
        shapes += [
            line(scale.x(one.lower), y, scale.x(one.upper), y, f"whisker {look}")
        ]
        shapes += [dot(x, y, 5.5 if ours else 4, look)]
        if ours:
            shapes += [
                text(
                    max(x, scale.x(one.upper)) + 9,
                    y + 4,
                    times(one.median) + TIMES,
                    "value",
                )
            ]
    return shapes
