"""Generated code. Do not edit."""

from collections.abc import Sequence

from financial_connections._generated.models.account_holder_filter import (
    AccountHolderFilter,
)
from financial_connections._generated.models.account_list import AccountList
from financial_connections._request import Request, RequestOptions, Sender


async def list_accounts(
    sender: Sender,
    *,
    account_holder: AccountHolderFilter | None = None,
    ending_before: str | None = None,
    expand: Sequence[str] | None = None,
    limit: int | None = None,
    session: str | None = None,
    starting_after: str | None = None,
    options: RequestOptions | None = None,
) -> AccountList:
    """List linked accounts, newest first.

    Args:
        sender: Sends the request.
        account_holder: Return only the accounts of this account holder, such as
            `{"customer": "cus_…"}` or `{"account": "acct_…"}`. By default, all accounts
            are returned.
        ending_before: ID of an item. The page contains the items just before it in the
            list, which are newer. Cannot be combined with `starting_after`.
        expand: Paths of the fields to expand, whose IDs are replaced with the objects
            they refer to. In a list, each path starts with `data.`, as in
            `data.ownership`. By default, no field is expanded.
        limit: Maximum number of items on a page, from 1 to 100. Defaults to 10, or to
            100 when iterating over a list.
        session: ID of a session (`fcsess_…`). Return only the accounts linked in it. By
            default, accounts linked in any session are returned.
        starting_after: ID of an item. The page contains the items just after it in the
            list, which are older. Cannot be combined with `ending_before`. By default,
            the page starts with the newest item.
        options: Overrides the client's settings for this call.

    Returns:
        A page of accounts.
    """
    request = Request(
        "GET",
        "/v1/financial_connections/accounts",
        params={
            "account_holder": account_holder,
            "ending_before": ending_before,
            "expand": expand,
            "limit": limit,
            "session": session,
            "starting_after": starting_after,
        },
        arrays=("expand",),
        expandable=("account_holder.account", "account_holder.customer", "ownership"),
    )
    return await sender.send(request, AccountList, options)
