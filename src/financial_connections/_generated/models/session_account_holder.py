"""Generated code. Do not edit."""

from typing import Required, TypedDict

from financial_connections._generated.models.session_account_holder_type import (
    SessionAccountHolderType,
)


class SessionAccountHolder(TypedDict, total=False):
    """Account holder to whom the accounts linked in a new session will belong.

    Set `type` and the field that it names.
    """

    account: str
    """ID of a Stripe account (`acct_…`). Required if `type` is `account`."""
    customer: str
    """ID of a customer (`cus_…`). This or `customer_account` is required if `type` is
    `customer`.
    """
    customer_account: str
    """ID of a Stripe account that represents a customer (`acct_…`). This or `customer`
    is required if `type` is `customer`.
    """
    type: Required[SessionAccountHolderType]
    """Type of the account holder."""
