"""Parse lengths of time."""

import re

from financial_connections.cli.failure import UsageError

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+|\d+(?:\.\d+)?", re.ASCII)
_PART = re.compile(r"([\d.]+)([smhdw]?)")


def parse_duration(text: str) -> float:
    """Return a length of time in seconds.

    Args:
        text: Number of seconds, or numbers with units, such as `90s`, `1h30m` or `7d`.

    Raises:
        UsageError: The text is not a length of time.
    """
    if not _DURATION.fullmatch(text):
        raise UsageError(
            f"{text!r} is not a duration; write seconds, or something like 90s, 1h30m"
            " or 7d"
        )
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
