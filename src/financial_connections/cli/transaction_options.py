"""Options for selecting transactions."""

from typing import Annotated, Any

import typer

from financial_connections.cli.time_options import bounds_from

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
    return {
        "account": account,
        "transacted_at": bounds_from(since, until),
        "transaction_refresh": {"after": after_refresh} if after_refresh else None,
    }
