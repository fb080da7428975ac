"""Results → the chart of what happens as there is more to do. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.contenders import ENTRIES, OURS, OURS_AIOHTTP
from benchmarks.drawing import document, dot, line, path, text
from benchmarks.workloads import CALLS, ITEMS, STREAMED, at

_WIDTH, _HEIGHT, _PANEL, _GAP, _TOP, _BOTTOM = 860, 320, 236, 44, 96, 250
_LOOKS = {OURS: "c5", OURS_AIOHTTP: "c6"}
_PANELS = (
    ("item_growth", "Time per item (µs)", "items streamed", ITEMS),
    ("call_growth", "CPU per call (µs)", "calls at once", CALLS),
    ("memory_growth", "Resident memory (MiB)", "items streamed", STREAMED),
)


@dataclass(frozen=True)
class _Panel:
    left: float
    points: Sequence[int]
    top: float

    def place(self, point: int, value: float) -> tuple[float, float]:
        share = math.log(point / self.points[0]) / math.log(
            self.points[-1] / self.points[0]
        )
        return self.left + share * _PANEL, _BOTTOM - value / self.top * (_BOTTOM - _TOP)


def growth_chart(results: Mapping[str, Any]) -> str:
    """Return three panels, each from zero up: a line that stays level is what is
    wanted.
    """
    shapes = [text(24, 32, "Growth: level lines are what is wanted", "title")]
    for number, (name, look) in enumerate(_LOOKS.items()):
        x = 24 + 150 * number
        shapes += [dot(x + 5, 53, 5, look), text(x + 16, 57, ENTRIES[name].title)]
    for number, (name, title, below, points) in enumerate(_PANELS):
        table = results["workloads"].get(name)
        if table:
            shapes += _panel(
                24 + number * (_PANEL + _GAP) + 16, table["cells"], title, below, points
            )
    return document(
        _WIDTH, _HEIGHT, "Growth; the page's tables have the numbers", shapes
    )


def _panel(
    left: float, cells: Mapping[str, Any], title: str, below: str, points: Sequence[int]
) -> list[str]:
    values = [cell["median"] for cell in cells.values() if "median" in cell]
    panel = _Panel(left, points, _round_up(max([1.0, *values])))
    shapes = [
        text(left - 16, _TOP - 14, title),
        text(left + _PANEL / 2, _BOTTOM + 42, below, "small middle"),
    ]
    for value in (0.0, panel.top / 2, panel.top):
        _, y = panel.place(points[0], value)
        shapes += [
            line(left, y, left + _PANEL, y, "grid"),
            text(left - 4, y + 4, f"{value:g}", "small end"),
        ]
    for point in points:
        x, y = panel.place(point, 0)
        shapes += [text(x, y + 20, _short(point), "small middle")]
    for name, look in _LOOKS.items():
        found = [
            (point, cells.get(at(name, point), {}).get("median")) for point in points
        ]
        places = [
            panel.place(point, value) for point, value in found if value is not None
        ]
        if places:
            shapes += [path(places, look), *[dot(x, y, 3.5, look) for x, y in places]]
    return shapes


def _round_up(value: float) -> float:
    step = 10.0 ** math.floor(math.log10(value))
    return next(
        step * factor
        for factor in (1, 2, 4, 6, 8, 10, 20)
        if step * factor >= value * 1.05
    )


def _short(number: int) -> str:
    return f"{number // 1000}k" if number >= 1000 else str(number)  # noqa: PLR2004
