"""Generated code. Do not edit."""

from typing import TypedDict


class AccountHolderFilter(TypedDict, total=False):
    """Account holder whose accounts to list; exactly one field must be set."""

    account: str
    """ID of a Stripe account (`acct_…`)."""
    customer: str
    """ID of a customer (`cus_…`)."""
    customer_account: str
    """ID of a Stripe account that represents a customer (`acct_…`)."""
