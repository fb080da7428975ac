"""Generated code. Do not edit."""

from attrs import frozen

from financial_connections._decoding import Model
from financial_connections._generated.models.active_account_details import (
    ActiveAccountDetails,
)


@frozen(kw_only=True, eq=False, repr=False)
class AccountStatusDetails(Model):
    """Details of the status of an account."""

    active: ActiveAccountDetails | None = None
    """Expected end of access to an active account. Null if the account is not active,
    or if access is not expected to end.
    """
