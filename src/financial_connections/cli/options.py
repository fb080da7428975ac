"""Arguments and options shared by several commands."""

from typing import Annotated

import typer

from financial_connections.cli.choices import (
    AccountExpand,
    RefreshFeature,
    SessionManualEntryMode,
    SessionPrefetch,
    SubscriptionFeature,
)
from financial_connections.cli.failure import UsageError

AccountArgument = Annotated[
    str, typer.Argument(metavar="ACCOUNT", help="ID of the account (fca_…).")
]
AccountOption = Annotated[
    str, typer.Option("--account", metavar="ID", help="ID of the account (fca_…).")
]
Customer = Annotated[
    str | None,
    typer.Option(metavar="ID", help="Customer who holds the accounts (cus_…)."),
]
HolderAccount = Annotated[
    str | None,
    typer.Option(
        metavar="ID", help="Connected account that holds the accounts (acct_…)."
    ),
]
CustomerAccount = Annotated[
    str | None,
    typer.Option(
        metavar="ID", help="Stripe account that represents the customer (acct_…)."
    ),
]
LinkedIn = Annotated[
    str | None,
    typer.Option(metavar="ID", help="Only accounts linked in this session (fcsess_…)."),
]
Limit = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        help="Maximum number of items; 0 means no limit. Defaults to 20 on a terminal"
        " and to no limit in a pipe.",
    ),
]
StartingAfter = Annotated[
    str | None,
    typer.Option(metavar="ID", help="Only items after (older than) this one."),
]
EndingBefore = Annotated[
    str | None,
    typer.Option(metavar="ID", help="Only items before (newer than) this one."),
]
Expand = Annotated[
    list[AccountExpand] | None,
    typer.Option(
        metavar="FIELD",
        help="Expand this field: ownership, account_holder.customer or"
        " account_holder.account; repeatable.",
    ),
]
EventTypes = Annotated[
    list[str] | None,
    typer.Option(
        "--type",
        metavar="TYPE",
        help="Only events of this type, such as"
        " financial_connections.account.created; repeatable.",
    ),
]
Prefetch = Annotated[
    list[SessionPrefetch] | None,
    typer.Option(
        metavar="FEATURE",
        help="Data to fetch once an account is linked: balances, ownership or"
        " transactions; repeatable.",
    ),
]
ManualEntry = Annotated[
    SessionManualEntryMode | None,
    typer.Option(
        metavar="MODE",
        help="Manual entry of bank account details: automatic or disabled.",
    ),
]
ReturnURL = Annotated[
    str | None,
    typer.Option(metavar="URL", help="URL that returns the user to a mobile app."),
]
RefreshFeatures = Annotated[
    list[RefreshFeature],
    typer.Option(
        "--feature",
        metavar="FEATURE",
        help="Data to refresh: balance, ownership or transactions; repeatable.",
    ),
]
SubscriptionFeatures = Annotated[
    list[SubscriptionFeature],
    typer.Option(
        "--feature", metavar="FEATURE", help="Data to refresh daily: transactions."
    ),
]


def holder_from(
    customer: str | None, customer_account: str | None, account: str | None
) -> dict[str, str] | None:
    """Return the account holder given by one of three options.

    Args:
        customer: Value of `--customer`.
        customer_account: Value of `--customer-account`.
        account: Value of `--holder-account`.

    Returns:
        The filter the API expects, or None if none of the options was given.

    Raises:
        UsageError: Several of the options were given.
    """
    values = {
        "customer": customer,
        "customer_account": customer_account,
        "account": account,
    }
    holder = {name: value for name, value in values.items() if value}
    if len(holder) > 1:
        raise UsageError(
            "use only one of --customer, --customer-account and --holder-account"
        )
    return holder or None


def account_holder_from(holder: dict[str, str] | None) -> dict[str, str]:
    """Return the account holder of a new session.

    Args:
        holder: Result of `holder_from`.

    Raises:
        UsageError: None of the options was given.
    """
    if holder is None:
        raise UsageError(
            "no account holder; add --customer, --customer-account or --holder-account"
        )
    return {**holder, "type": "account" if "account" in holder else "customer"}
