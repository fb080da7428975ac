"""Generated code. Do not edit."""

from attrs import field, frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections._generated.models.account_holder import AccountHolder
from financial_connections._generated.models.account_list import AccountList
from financial_connections._generated.models.permission import Permission
from financial_connections._generated.models.prefetched_feature import PrefetchedFeature
from financial_connections._generated.models.session_filters import SessionFilters
from financial_connections._generated.models.session_limits import SessionLimits
from financial_connections._generated.models.session_manual_entry import (
    SessionManualEntry,
)
from financial_connections._generated.models.token import Token


@frozen(kw_only=True, eq=False, repr=False)
class Session(Model):
    """A session in which a user links accounts."""

    id: str = REQUIRED
    """ID of the session (`fcsess_…`)."""
    object: str = REQUIRED
    """Name of the object's type in the API."""
    account_holder: AccountHolder | None = None
    """Account holder to whom the linked accounts will belong."""
    accounts: AccountList = REQUIRED
    """First page of the accounts linked in the session."""
    bank_account_token: Token | None = None
    """Token for the bank account details that the user entered; null if the user did
    not enter any.
    """
    client_secret: str | None = field(default=None, repr=False)
    """Secret that Stripe.js needs to run the session. Keep it out of logs: anyone who
    has it can use the session. Null only if the session runs on Stripe's own page.
    """
    filters: SessionFilters | None = None
    """Restrictions on the accounts that can be linked."""
    limits: SessionLimits | None = None
    """Limits of the session."""
    livemode: bool = REQUIRED
    """False if the object was created in test mode."""
    manual_entry: SessionManualEntry | None = None
    """Settings for entering bank account details by hand."""
    permissions: list[Permission] = REQUIRED
    """Data that the user is asked to share."""
    prefetch: list[PrefetchedFeature] | None = None
    """Data that is fetched as soon as an account is linked."""
    return_url: str | None = field(default=None, repr=False)
    """URL to send the user to after they log in to the institution outside the app."""
