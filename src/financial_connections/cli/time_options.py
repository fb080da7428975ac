"""Options for selecting items by time."""

from typing import Annotated, Any

import typer

from financial_connections.cli import times


def _parse_since(text: str) -> int:
    return _parse_time(text, end_of_day=False)


def _parse_until(text: str) -> int:
    return _parse_time(text, end_of_day=True)


def _parse_time(text: str, *, end_of_day: bool) -> int:
    try:
        return times.parse_time(text, end_of_day=end_of_day)
    except ValueError:
        raise typer.BadParameter(
            "expected a time such as 2024-01-31, 2024-01-31T18:30+01:00, or seconds"
            " since the epoch"
        ) from None


Since = Annotated[
    int | None,
    typer.Option(
        parser=_parse_since,
        metavar="TIME",
        help="Only items at or after this time: a date (in UTC), an ISO 8601"
        " time, or seconds since the epoch.",
    ),
]
Until = Annotated[
    int | None,
    typer.Option(
        parser=_parse_until,
        metavar="TIME",
        help="Only items at or before this time; a date includes the whole day.",
    ),
]


def bounds_from(since: int | None, until: int | None) -> Any:
    """Return the range of times that the API expects, or None if there are no bounds.

    Args:
        since: Value of `--since`, in seconds since the epoch.
        until: Value of `--until`, in seconds since the epoch.
    """
    bounds = {"gte": since, "lte": until}
    return {name: time for name, time in bounds.items() if time is not None} or None
