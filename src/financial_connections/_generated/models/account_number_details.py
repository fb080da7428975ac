"""Generated code. Do not edit."""

from attrs import frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections._generated.models.account_number_status import (
    AccountNumberStatus,
)
from financial_connections._generated.models.account_number_type import (
    AccountNumberType,
)
from financial_connections._generated.models.payment_network import PaymentNetwork


@frozen(kw_only=True, eq=False, repr=False)
class AccountNumberDetails(Model):
    """Details of one of the account numbers of a linked account.

    The number itself is not included.
    """

    expected_expiry_date: int | None = None
    """Time at which the account number will probably expire, in seconds since the
    epoch; null if it does not expire.
    """
    identifier_type: AccountNumberType = REQUIRED
    """Type of the account number."""
    status: AccountNumberStatus = REQUIRED
    """Status of the account number."""
    supported_networks: list[PaymentNetwork] = REQUIRED
    """Payment networks that accept the account number."""
