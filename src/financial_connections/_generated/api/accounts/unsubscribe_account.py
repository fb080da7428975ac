"""Generated code. Do not edit."""

from collections.abc import Sequence

from financial_connections._generated.models.account import Account
from financial_connections._generated.models.account_expand import AccountExpand
from financial_connections._generated.models.subscription_feature import (
    SubscriptionFeature,
)
from financial_connections._request import Request, RequestOptions, Sender


async def unsubscribe_account(
    sender: Sender,
    account: str,
    *,
    features: Sequence[SubscriptionFeature],
    expand: Sequence[AccountExpand] | None = None,
    options: RequestOptions | None = None,
) -> Account:
    """Cancel daily refreshes of an account's data.

    Args:
        sender: Sends the request.
        account: ID of the account (`fca_…`).
        features: Data to stop refreshing every day; at least one feature.
        expand: Paths of the fields to expand, whose IDs are replaced with the objects
            they refer to. By default, no field is expanded.
        options: Overrides the client's settings for this call.

    Returns:
        The account, with its remaining subscriptions.
    """
    request = Request(
        "POST",
        "/v1/financial_connections/accounts/{account}/unsubscribe",
        ids={"account": account},
        params={"expand": expand, "features": features},
        arrays=("expand", "features"),
        required=("features",),
        expandable=("account_holder.account", "account_holder.customer", "ownership"),
    )
    return await sender.send(request, Account, options)
