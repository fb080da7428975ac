"""Generated code. Do not edit."""

from collections.abc import Sequence

from financial_connections._generated.models.account import Account
from financial_connections._generated.models.account_expand import AccountExpand
from financial_connections._generated.models.refresh_feature import RefreshFeature
from financial_connections._request import Request, RequestOptions, Sender


async def refresh_account(
    sender: Sender,
    account: str,
    *,
    features: Sequence[RefreshFeature],
    expand: Sequence[AccountExpand] | None = None,
    options: RequestOptions | None = None,
) -> Account:
    """Start a refresh of an account's data.

    Args:
        sender: Sends the request.
        account: ID of the account (`fca_…`).
        features: Data to refresh; at least one feature. The account must have the
            permission for each of them.
        expand: Paths of the fields to expand, whose IDs are replaced with the objects
            they refer to. By default, no field is expanded.
        options: Overrides the client's settings for this call.

    Returns:
        The account, with the requested refreshes pending.
    """
    request = Request(
        "POST",
        "/v1/financial_connections/accounts/{account}/refresh",
        ids={"account": account},
        params={"expand": expand, "features": features},
        arrays=("expand", "features"),
        required=("features",),
        expandable=("account_holder.account", "account_holder.customer", "ownership"),
    )
    return await sender.send(request, Account, options)
