"""Generated code. Do not edit."""

from collections.abc import Sequence

from financial_connections._generated.models.account import Account
from financial_connections._generated.models.account_expand import AccountExpand
from financial_connections._request import Request, RequestOptions, Sender


async def retrieve_account(
    sender: Sender,
    account: str,
    *,
    expand: Sequence[AccountExpand] | None = None,
    options: RequestOptions | None = None,
) -> Account:
    """Retrieve an account.

    Args:
        sender: Sends the request.
        account: ID of the account (`fca_…`).
        expand: Paths of the fields to expand, whose IDs are replaced with the objects
            they refer to. By default, no field is expanded.
        options: Overrides the client's settings for this call.

    Returns:
        The account.
    """
    request = Request(
        "GET",
        "/v1/financial_connections/accounts/{account}",
        ids={"account": account},
        params={"expand": expand},
        arrays=("expand",),
        expandable=("account_holder.account", "account_holder.customer", "ownership"),
    )
    return await sender.send(request, Account, options)
