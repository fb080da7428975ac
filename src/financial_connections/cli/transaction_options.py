"""Options for selecting transactions."""

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
        help="Only transactions at or after this time: a date (in UTC), an ISO 8601"
        " time, or seconds since the epoch.",
    ),
]
Until = Annotated[
    int | None,
    typer.Option(
        parser=_parse_until,
        metavar="TIME",
        help="Only transactions at or before this time; a date includes the whole day.",
    ),
]
AfterRefresh = Annotated[
    str | None,
    typer.Option(
        metavar="ID",
        help="Only transactions added or changed by refreshes after this one"
        " (fctxnref_…).",
    ),
]


def filters_from(
    account: str, since: int | None, until: int | None, after_refresh: str | None
) -> dict[str, Any]:
    """Return the filters for listing transactions.

    Args:
        account: Value of `--account`.
        since: Value of `--since`, in seconds since the epoch.
        until: Value of `--until`, in seconds since the epoch.
        after_refresh: Value of `--after-refresh`.
    """
    bounds = {"gte": since, "lte": until}
    transacted_at = {name: time for name, time in bounds.items() if time is not None}
    return {
        "account": account,
        "transacted_at": transacted_at or None,
        "transaction_refresh": {"after": after_refresh} if after_refresh else None,
    }
