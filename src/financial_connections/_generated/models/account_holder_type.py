"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class AccountHolderType(OpenEnum):
    """Type of an account holder."""

    ACCOUNT = "account"
    """The linked account belongs to a Stripe account."""
    CUSTOMER = "customer"
    """The linked account belongs to a customer."""
