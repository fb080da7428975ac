"""What the benchmarks must show, as data, and what was reached."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.contenders import OFFICIAL, OFFICIAL_AIOHTTP, OURS, OURS_AIOHTTP, RAW
from benchmarks.figures import Summary, ratios, summary
from benchmarks.running import Cell
from benchmarks.workloads import BOUND, CALLS, ITEMS, PREFETCH, STREAMED, WORKLOADS, at

_BETTER = {workload.name: workload.more_is_better for workload in WORKLOADS}


@dataclass(frozen=True)
class Goal:
    """A ratio that ours must reach against another cell of the same workload, or must
    not exceed.
    """

    workload: str
    ours: str
    against: str | None
    """None: the figure itself is what is bounded."""
    at_least: float | None = None
    """How many times better ours must be."""
    at_most: float | None = None
    """The share of the other's figure that ours may be."""

    def reached(self, cells: Mapping[str, Cell]) -> Summary | None:
        """Return the ratio, or None where one of the two has no figures."""
        ours = cells[self.ours].rounds
        theirs = cells[self.against].rounds if self.against else [1.0] * len(ours)
        if not ours or not theirs:
            return None
        upside_down = (self.at_least is not None) != _BETTER[self.workload]
        return summary(ratios(theirs, ours) if upside_down else ratios(ours, theirs))

    def met(self, reached: float) -> bool:
        """Return whether that is good enough."""
        return (
            reached <= self.at_most
            if self.at_most is not None
            else reached >= (self.at_least or 0)
        )


_FIRST_ITEMS, _MOST_ITEMS = ITEMS[0], ITEMS[-1]
_FEW, _MANY = CALLS[0], CALLS[-1]
_SOON, _LATE = STREAMED[0], STREAMED[-1]
_FLAT = 1.1
"""What "does not grow" allows: the noise of a run."""

GOALS = (
    Goal("decode", OURS, OFFICIAL, at_least=25),
    Goal("decode", OURS, RAW, at_least=1.1),
    Goal("retrieve", OURS, OFFICIAL, at_least=2.2),
    Goal("retrieve", OURS, RAW, at_least=1.3),
    Goal("retrieve", OURS_AIOHTTP, OFFICIAL_AIOHTTP, at_least=2.2),
    Goal("at_once", OURS, OFFICIAL, at_least=4),
    Goal("at_once", OURS, OFFICIAL_AIOHTTP, at_least=1),
    Goal("at_once", OURS_AIOHTTP, OFFICIAL_AIOHTTP, at_least=2.5),
    Goal("thousand", OURS, RAW, at_least=4),
    Goal("stream", OURS, OFFICIAL, at_least=7),
    Goal("stream", OURS_AIOHTTP, OFFICIAL, at_least=15),
    Goal("kept", OURS, OFFICIAL, at_most=1 / 3),
    Goal("burning", OURS + PREFETCH, BOUND, at_most=1.1),
    Goal("burning", OURS_AIOHTTP + PREFETCH, BOUND, at_most=1.1),
    Goal("waiting", OURS + PREFETCH, BOUND, at_most=1.1),
    Goal("waiting", OURS_AIOHTTP + PREFETCH, BOUND, at_most=1.1),
    Goal("fan_out", OURS, OFFICIAL, at_least=6),
    Goal("import", OURS, OFFICIAL, at_most=0.5),
    Goal("first", OURS, OFFICIAL, at_most=0.8),
    Goal("size", OURS, None, at_most=1.5),
    Goal("item_growth", at(OURS, _MOST_ITEMS), at(OURS, _FIRST_ITEMS), at_most=_FLAT),
    Goal(
        "item_growth",
        at(OURS_AIOHTTP, _MOST_ITEMS),
        at(OURS_AIOHTTP, _FIRST_ITEMS),
        at_most=_FLAT,
    ),
    Goal("call_growth", at(OURS, _MANY), at(OURS, _FEW), at_most=1.5),
    Goal("call_growth", at(OURS_AIOHTTP, _MANY), at(OURS_AIOHTTP, _FEW), at_most=1.5),
    Goal("memory_growth", at(OURS, _LATE), at(OURS, _SOON), at_most=_FLAT),
    Goal(
        "memory_growth", at(OURS_AIOHTTP, _LATE), at(OURS_AIOHTTP, _SOON), at_most=_FLAT
    ),
)
