"""Times as people read and write them. Pure: what the time is now, the caller says."""

import re
from datetime import UTC, date, datetime, time, timedelta


def day(seconds: int | None) -> str:
    """Return the day, in UTC, of a moment in seconds since the epoch."""
    return _written(seconds, "%Y-%m-%d")


def minute(seconds: int | None) -> str:
    """Return day and time of day, in UTC."""
    return _written(seconds, "%Y-%m-%d %H:%M")


def month(seconds: int | None) -> str:
    """Return year and month, in UTC."""
    return _written(seconds, "%Y-%m")


def _written(seconds: int | None, pattern: str) -> str:
    try:
        return (
            ""
            if seconds is None
            else datetime.fromtimestamp(seconds, UTC).strftime(pattern)
        )
    except (OverflowError, OSError, ValueError):
        return "?"


def ago(seconds: int | None, now: float) -> str:
    """Return how far away a moment is: `3 days ago`, `in 5 minutes`, `now`."""
    from babel.dates import format_timedelta  # noqa: PLC0415 - in a pipe nothing is formatted

    if seconds is None:
        return ""
    try:
        distance = timedelta(seconds=round(seconds - now))
    except OverflowError:
        return "?"
    return (
        str(format_timedelta(distance, add_direction=True, locale="en_US"))
        if distance
        else "now"
    )


def seconds_from(text: str, *, end_of_day: bool = False) -> int:
    """Return the moment that somebody wrote, in seconds since the epoch.

    Seconds stay as they are; a day is its first second, or its last; without a zone it
    is UTC. Raises `ValueError`.
    """
    if re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        clock = time(23, 59, 59) if end_of_day else time()
        return int(datetime.combine(date.fromisoformat(text), clock, UTC).timestamp())
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
