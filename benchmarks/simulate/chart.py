"""A chart of a simulation, as SVG that is legible on light and dark pages."""

from bisect import bisect
from itertools import pairwise

from benchmarks.simulate.model import Outcome
from benchmarks.simulate.report import quantile
from benchmarks.simulate.settings import DAY

_WIDTH, _HEIGHT = 720, 446
_LEFT, _RIGHT = 84, 700
_PANELS = ((46, 206), (276, 416))
"""Top and bottom of the two panels."""
_POINTS = 120
_FEWEST_DELAYS = 20
"""Number of delays that say something about 95 %."""
_MOST_MARKS = 8
_STEPS = (1, 2, 5, 10, 20, 50, 100, 1_000, 10_000)
_DELAYS = {
    1.0: "1 s",
    10.0: "10 s",
    60.0: "1 minute",
    600.0: "10 minutes",
    3_600.0: "1 hour",
    36_000.0: "10 hours",
    172_800.0: "2 days",
}
# Colours that are legible on white as well as on a dark page.
_STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #6b7a90 }
.title { font-weight: 600; fill: #7480c2 }
path { fill: none; stroke-width: 2.5 }
.grid { stroke: #94a3b8; stroke-opacity: 0.4; stroke-width: 1 }
.a { stroke: #6d66f5 } text.a { fill: #6d66f5; stroke: none }
.b { stroke: #d9622b } text.b { fill: #d9622b; stroke: none }
</style>"""


def draw(outcome: Outcome) -> str:
    """Return a chart of how many accounts are in sync and how fresh they are.

    Args:
        outcome: Results of the simulation.
    """
    parts = [_panel_of_accounts(outcome), _panel_of_delays(outcome)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        f' role="img">\n{_STYLE}\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _panel_of_accounts(outcome: Outcome) -> str:
    panel = _PANELS[0]
    ordered = sorted(outcome.finished)
    points, number = [], 0
    for at in _times(outcome):
        while number < len(ordered) and ordered[number] <= at:
            number += 1
        points.append((at, number / len(ordered)))
    marks = [(share, f"{share:.0%}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    return "\n".join(
        [
            _title(panel, "Accounts that have been read to their end"),
            _grid(outcome, panel, marks),
            _line(outcome, panel, points, "a"),
        ]
    )


def _panel_of_delays(outcome: Outcome) -> str:
    panel = _PANELS[1]
    median, most = [], []
    delays, start = sorted(outcome.delays), 0
    for before, at in pairwise(_times(outcome)):
        end = start
        while end < len(delays) and delays[end][0] <= at:
            end += 1
        window = sorted(delay for _, delay in delays[start:end])
        start = end
        if len(window) >= _FEWEST_DELAYS:
            middle = (before + at) / 2
            median.append((middle, _log(quantile(window, 0.5))))
            most.append((middle, _log(quantile(window, 0.95))))
    marks = [(_log(seconds), text) for seconds, text in _DELAYS.items()]
    return "\n".join(
        [
            _title(panel, "Time until an update is stored"),
            _label(_RIGHT - 76, panel, "95 %", "b"),
            _label(_RIGHT, panel, "median", "a"),
            _grid(outcome, panel, marks),
            _line(outcome, panel, median, "a"),
            _line(outcome, panel, most, "b"),
        ]
    )


def _times(outcome: Outcome) -> list[float]:
    return [outcome.end * number / _POINTS for number in range(_POINTS + 1)]


def _log(seconds: float) -> float:
    """Return the position of a delay between the first and the last mark."""
    marks = list(_DELAYS)
    number = min(max(1, bisect(marks, seconds)), len(marks) - 1)
    low, high = marks[number - 1 : number + 1]
    share = (max(low, min(seconds, high)) - low) / (high - low)
    return (number - 1 + share) / (len(marks) - 1)


def _position(
    outcome: Outcome, panel: tuple[int, int], at: float, share: float
) -> tuple[float, float]:
    top, bottom = panel
    x = _LEFT + (_RIGHT - _LEFT) * at / outcome.end
    return x, bottom - (bottom - top) * share


def _line(
    outcome: Outcome,
    panel: tuple[int, int],
    points: list[tuple[float, float]],
    css_class: str,
) -> str:
    places = [_position(outcome, panel, at, share) for at, share in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<path class="{css_class}" d="M{path}"/>' if path else ""


def _grid(
    outcome: Outcome, panel: tuple[int, int], marks: list[tuple[float, str]]
) -> str:
    parts = []
    for share, text in marks:
        _, y = _position(outcome, panel, 0, share)
        parts.append(f'<path class="grid" d="M{_LEFT},{y:.1f}H{_RIGHT}"/>')
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
        )
    unit, size = ("days", DAY) if outcome.end >= 2 * DAY else ("hours", 3_600.0)
    total = outcome.end / size
    step = next(n for n in _STEPS if total / n <= _MOST_MARKS)
    for number in range(0, int(total) + 1, step):
        x, _ = _position(outcome, panel, number * size, 0)
        text = f"{number} {unit}" if number == 0 else str(number)
        parts.append(
            f'<text x="{x:.1f}" y="{panel[1] + 20}" text-anchor="middle">{text}</text>'
        )
    return "\n".join(parts)


def _title(panel: tuple[int, int], text: str) -> str:
    return f'<text class="title" x="{_LEFT}" y="{panel[0] - 16}">{text}</text>'


def _label(x: int, panel: tuple[int, int], text: str, css_class: str) -> str:
    return (
        f'<text class="{css_class}" x="{x}" y="{panel[0] - 16}"'
        f' text-anchor="end">{text}</text>'
    )
