"""Generated code. Do not edit."""

from attrs import field, frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections._generated.models.account_holder_type import (
    AccountHolderType,
)
from financial_connections._generated.models.customer import Customer
from financial_connections._generated.models.stripe_account import StripeAccount


@frozen(kw_only=True, eq=False, repr=False)
class AccountHolder(Model):
    """Account holder to whom a linked account belongs.

    The field named by `type` is set; the other is null.
    """

    account: str | StripeAccount | None = None
    """Stripe account that holds the linked account: its ID (`acct_…`), or the object if
    it was expanded. Set if `type` is `account`.
    """
    customer: str | Customer | None = None
    """Customer who holds the linked account: its ID (`cus_…`), or the object if it was
    expanded. Set if `type` is `customer`.
    """
    customer_account: str | None = field(default=None, repr=False)
    """ID of the Stripe account (`acct_…`) that represents the customer. Set if `type`
    is `customer` and the customer is represented by an account.
    """
    type: AccountHolderType = REQUIRED
    """Type of the account holder."""
