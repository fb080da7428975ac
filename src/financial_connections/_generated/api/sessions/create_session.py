"""Generated code. Do not edit."""

from collections.abc import Sequence

from financial_connections._generated.models.session import Session
from financial_connections._generated.models.session_account_filters import (
    SessionAccountFilters,
)
from financial_connections._generated.models.session_account_holder import (
    SessionAccountHolder,
)
from financial_connections._generated.models.session_account_limits import (
    SessionAccountLimits,
)
from financial_connections._generated.models.session_expand import SessionExpand
from financial_connections._generated.models.session_manual_entry_options import (
    SessionManualEntryOptions,
)
from financial_connections._generated.models.session_permission import SessionPermission
from financial_connections._generated.models.session_prefetch import SessionPrefetch
from financial_connections._request import Request, RequestOptions, Sender


async def create_session(
    sender: Sender,
    *,
    account_holder: SessionAccountHolder,
    permissions: Sequence[SessionPermission],
    expand: Sequence[SessionExpand] | None = None,
    filters: SessionAccountFilters | None = None,
    limits: SessionAccountLimits | None = None,
    manual_entry: SessionManualEntryOptions | None = None,
    prefetch: Sequence[SessionPrefetch] | None = None,
    return_url: str | None = None,
    options: RequestOptions | None = None,
) -> Session:
    """Create a session in which a user can link accounts.

    Args:
        sender: Sends the request.
        account_holder: Account holder to whom the linked accounts will belong.
        permissions: Data that the user is asked to share; at least one permission. Note
            the plural: the permission is `balances`, but the feature to refresh is
            `balance`.
        expand: Paths of the fields to expand, whose IDs are replaced with the objects
            they refer to. By default, no field is expanded.
        filters: Restrictions on the accounts that can be linked. None by default.
        limits: Limits for the session, such as `{"accounts": 1}`. By default, the user
            can link any number of accounts.
        manual_entry: Settings for entering bank account details by hand, such as
            `{"mode": "disabled"}`. By default, Stripe decides whether to offer it.
        prefetch: Data to fetch as soon as an account is linked. Each feature requires
            its permission. By default, data is only fetched when it is refreshed.
        return_url: URL to send the user to after they log in to the institution outside
            the app. Only needed for web views in mobile apps.
        options: Overrides the client's settings for this call.

    Returns:
        The session, with its `client_secret` and without accounts.
    """
    request = Request(
        "POST",
        "/v1/financial_connections/sessions",
        params={
            "account_holder": account_holder,
            "expand": expand,
            "filters": filters,
            "limits": limits,
            "manual_entry": manual_entry,
            "permissions": permissions,
            "prefetch": prefetch,
            "return_url": return_url,
        },
        arrays=("expand", "filters[account_subcategories]", "permissions", "prefetch"),
        required=(
            "account_holder",
            "account_holder[type]",
            "limits[accounts]",
            "permissions",
        ),
        clearable=("limits[accounts]",),
        expandable=(
            "account_holder.account",
            "account_holder.customer",
            "accounts.data.account_holder.account",
            "accounts.data.account_holder.customer",
            "accounts.data.ownership",
        ),
    )
    return await sender.send(request, Session, options)
