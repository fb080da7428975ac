"""Generated code. Do not edit."""

from collections.abc import Sequence

from financial_connections._generated.models.account_owner_list import AccountOwnerList
from financial_connections._request import Request, RequestOptions, Sender


async def list_account_owners(
    sender: Sender,
    account: str,
    *,
    ownership: str,
    ending_before: str | None = None,
    expand: Sequence[str] | None = None,
    limit: int | None = None,
    starting_after: str | None = None,
    options: RequestOptions | None = None,
) -> AccountOwnerList:
    """List the owners of an account.

    Args:
        sender: Sends the request.
        account: ID of the account (`fca_…`).
        ownership: ID of the ownership snapshot (`fcaowns_…`). The `ownership` field of
            the account has the latest one.
        ending_before: ID of an item. The page contains the items just before it in the
            list, which are newer. Cannot be combined with `starting_after`.
        expand: Paths of the fields to expand, whose IDs are replaced with the objects
            they refer to. By default, no field is expanded.
        limit: Maximum number of items on a page, from 1 to 100. Defaults to 10, or to
            100 when iterating over a list.
        starting_after: ID of an item. The page contains the items just after it in the
            list, which are older. Cannot be combined with `ending_before`. By default,
            the page starts with the newest item.
        options: Overrides the client's settings for this call.

    Returns:
        A page of owners.
    """
    request = Request(
        "GET",
        "/v1/financial_connections/accounts/{account}/owners",
        ids={"account": account},
        params={
            "ending_before": ending_before,
            "expand": expand,
            "limit": limit,
            "ownership": ownership,
            "starting_after": starting_after,
        },
        arrays=("expand",),
        required=("ownership",),
        expandable=(),
    )
    return await sender.send(request, AccountOwnerList, options)
