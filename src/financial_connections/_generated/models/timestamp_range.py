"""Generated code. Do not edit."""

from datetime import datetime
from typing import TypedDict


class TimestampRange(TypedDict, total=False):
    """A range of times, in seconds since the epoch, with any combination of bounds."""

    gt: int | datetime
    """Exclusive lower bound, in seconds since the epoch."""
    gte: int | datetime
    """Inclusive lower bound, in seconds since the epoch."""
    lt: int | datetime
    """Exclusive upper bound, in seconds since the epoch."""
    lte: int | datetime
    """Inclusive upper bound, in seconds since the epoch."""
