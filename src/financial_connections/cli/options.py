"""Arguments and options that several commands have."""

from typing import Annotated

import typer

from financial_connections.cli.choices import AccountExpand
from financial_connections.cli.usage import UsageError

AccountId = Annotated[
    str, typer.Argument(metavar="ACCOUNT", help="The account's id, fca_…")
]
OfAccount = Annotated[
    str, typer.Option("--account", metavar="ID", help="The account's id, fca_…")
]
Customer = Annotated[
    str | None, typer.Option(metavar="ID", help="A customer who holds accounts, cus_…")
]
HolderAccount = Annotated[
    str | None,
    typer.Option(metavar="ID", help="A Stripe account that holds accounts, acct_…"),
]
Limit = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        help="At most so many, 0 for all. Else: 20 on a terminal, all in a pipe.",
    ),
]
StartingAfter = Annotated[
    str | None, typer.Option(metavar="ID", help="Go on after this one, to older ones.")
]
EndingBefore = Annotated[
    str | None, typer.Option(metavar="ID", help="Go on before this one, to newer ones.")
]
Expand = Annotated[
    list[AccountExpand] | None,
    typer.Option(
        metavar="FIELD",
        help="Have it as an object: ownership, account_holder.customer or account_holder.account.",
    ),
]


def holder_from(customer: str | None, account: str | None) -> dict[str, str] | None:
    """Return the holder that one of the two options names."""
    if customer and account:
        raise UsageError("--customer and --holder-account exclude each other")
    given = {"customer": customer, "account": account}
    return {kind: name for kind, name in given.items() if name} or None
