"""Filters for times, such as `transacted_at[gte]=1700000000`."""

import operator
from collections.abc import Callable, Mapping

_COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def time_filter(bounds: int | Mapping[str, int]) -> Callable[[int], bool]:
    """Return a function that tests a time, in seconds since the epoch.

    Args:
        bounds: The only time that passes the test, or the bounds of a range.
    """
    if isinstance(bounds, int):
        return lambda time: time == bounds
    return lambda time: all(
        _COMPARISONS[name](time, bound) for name, bound in bounds.items()
    )
