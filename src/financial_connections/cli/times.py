"""Format and parse times; the current time is always passed as an argument."""

import re
from datetime import UTC, date, datetime, time, timedelta

_DAY = 86_400
_UNITS = {
    "year": 365 * _DAY,
    "month": 30 * _DAY,
    "week": 7 * _DAY,
    "day": _DAY,
    "hour": 3_600,
    "minute": 60,
    "second": 1,
}


def day(seconds: int | None) -> str:
    """Format a time as a date in UTC, such as `2023-11-14`.

    Args:
        seconds: Time in seconds since the epoch. None gives an empty string, and a time
            that `datetime` cannot represent gives a question mark.
    """
    return _format(seconds, "%Y-%m-%d")


def minute(seconds: int | None) -> str:
    """Format a time as a date and time in UTC, such as `2023-11-14 22:13`.

    Args:
        seconds: Time in seconds since the epoch. None gives an empty string, and a time
            that `datetime` cannot represent gives a question mark.
    """
    return _format(seconds, "%Y-%m-%d %H:%M")


def month(seconds: int | None) -> str:
    """Format a time as a month in UTC, such as `2023-11`.

    Args:
        seconds: Time in seconds since the epoch. None gives an empty string, and a time
            that `datetime` cannot represent gives a question mark.
    """
    return _format(seconds, "%Y-%m")


def _format(seconds: int | None, pattern: str) -> str:
    if seconds is None:
        return ""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime(pattern)
    except (OverflowError, OSError, ValueError):
        return "?"


def relative(seconds: int | None, now: float) -> str:
    """Format a time relative to now: `3 days ago`, `in 5 minutes`, `now`.

    Args:
        seconds: Time in seconds since the epoch. None gives an empty string, and a time
            too far from now gives a question mark.
        now: Current time, in seconds since the epoch.
    """
    if seconds is None:
        return ""
    try:
        distance = timedelta(seconds=round(seconds - now))
    except OverflowError:
        return "?"
    if not distance:
        return "now"
    text = _distance(abs(distance).total_seconds())
    return f"{text} ago" if distance < timedelta() else f"in {text}"


def _distance(seconds: float) -> str:
    # 55 minutes read better as an hour, but 40 minutes do not.
    unit, length = next(
        (unit, length) for unit, length in _UNITS.items() if seconds >= 0.85 * length
    )
    count = round(seconds / length)
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def parse_time(text: str, *, end_of_day: bool = False) -> int:
    """Parse a time entered by a user.

    Args:
        text: Seconds since the epoch, a date (`2023-11-14`), or an ISO 8601 time, which
            is in UTC unless it has an offset.
        end_of_day: For a date, return the last second of the day instead of the first.

    Returns:
        The time, in seconds since the epoch.

    Raises:
        ValueError: The text is not in any of these formats.
    """
    if re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        time_of_day = time(23, 59, 59) if end_of_day else time()
        parsed = datetime.combine(date.fromisoformat(text), time_of_day, UTC)
    else:
        parsed = datetime.fromisoformat(text)
    return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp())
