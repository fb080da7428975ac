"""Rounds → medians, quartiles and ratios. Pure; the statistics are those of the
standard library.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Summary:
    """What several rounds come to."""

    median: float
    lower: float
    """The first quartile."""
    upper: float
    """The third quartile."""


def summary(figures: Sequence[float]) -> Summary:
    """Return the median and the quartiles of at least one figure."""
    if len(figures) == 1:
        return Summary(figures[0], figures[0], figures[0])
    lower, _, upper = quantiles(figures, n=4, method="inclusive")
    return Summary(median(figures), lower, upper)


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Return the ratio of each round.

    Contenders take turns in a round, so what disturbed the machine disturbed both, and
    divides out.
    """
    return [one / other for one, other in zip(above, below, strict=True)]


def times(value: float) -> str:
    """Return a ratio in as many digits as its noise leaves."""
    return (
        f"{value:.0f}"
        if value >= _ROUND_FROM
        else f"{value:.3g}"
        if value < 1
        else f"{value:.2g}"
    )


_ROUND_FROM = 10
TIMES = "\N{MULTIPLICATION SIGN}"
