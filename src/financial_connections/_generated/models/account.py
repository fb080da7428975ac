"""Generated code. Do not edit."""

from attrs import field, frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections._generated.models.account_category import AccountCategory
from financial_connections._generated.models.account_holder import AccountHolder
from financial_connections._generated.models.account_number_details import (
    AccountNumberDetails,
)
from financial_connections._generated.models.account_ownership import AccountOwnership
from financial_connections._generated.models.account_status import AccountStatus
from financial_connections._generated.models.account_status_details import (
    AccountStatusDetails,
)
from financial_connections._generated.models.account_subcategory import (
    AccountSubcategory,
)
from financial_connections._generated.models.balance import Balance
from financial_connections._generated.models.balance_refresh import BalanceRefresh
from financial_connections._generated.models.ownership_refresh import OwnershipRefresh
from financial_connections._generated.models.payment_method_type import (
    PaymentMethodType,
)
from financial_connections._generated.models.permission import Permission
from financial_connections._generated.models.subscribed_feature import SubscribedFeature
from financial_connections._generated.models.transaction_refresh import (
    TransactionRefresh,
)


@frozen(kw_only=True, eq=False, repr=False)
class Account(Model):
    """An account at a financial institution, linked by its holder."""

    id: str = REQUIRED
    """ID of the account (`fca_…`)."""
    object: str = REQUIRED
    """Name of the object's type in the API."""
    account_holder: AccountHolder | None = None
    """Account holder to whom the account belongs."""
    account_numbers: list[AccountNumberDetails] | None = None
    """Details of the account numbers, but not the numbers themselves. Null if the
    institution does not provide them.
    """
    balance: Balance | None = None
    """Balance as of the last successful refresh; null before the first one."""
    balance_refresh: BalanceRefresh | None = None
    """Status of the latest balance refresh; null if there was none."""
    category: AccountCategory = REQUIRED
    """Broad type of the account; `subcategory` is more specific."""
    created: int = REQUIRED
    """Time at which the account was linked, in seconds since the epoch."""
    display_name: str | None = field(default=None, repr=False)
    """Name of the account, chosen by its holder or the institution. Personal data."""
    institution_name: str = field(default=REQUIRED, repr=False)
    """Name of the institution where the account is held."""
    last4: str | None = field(default=None, repr=False)
    """Last four digits of the account number. Personal data."""
    livemode: bool = REQUIRED
    """False if the object was created in test mode."""
    ownership: str | AccountOwnership | None = None
    """Latest ownership snapshot of the account: its ID (`fcaowns_…`), or the object if
    it was expanded. Null before the first successful refresh, without the `ownership`
    permission and after disconnection.
    """
    ownership_refresh: OwnershipRefresh | None = None
    """Status of the latest ownership refresh; null if there was none."""
    permissions: list[Permission] | None = None
    """Data that the account holder has agreed to share."""
    status: AccountStatus = REQUIRED
    """Availability of the account's data at the institution."""
    status_details: AccountStatusDetails | None = None
    """Details of the status, such as when access is expected to end."""
    subcategory: AccountSubcategory = REQUIRED
    """Specific type of the account, within `category`."""
    subscriptions: list[SubscribedFeature] | None = None
    """Data that is refreshed every day."""
    supported_payment_method_types: list[PaymentMethodType] = REQUIRED
    """Types of payment methods that can be created from the account."""
    transaction_refresh: TransactionRefresh | None = None
    """Status of the latest transaction refresh; null if there was none."""
