"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class PaymentMethodType(OpenEnum):
    """Type of payment method that can be created from an account."""

    LINK = "link"
    """A payment with Link."""
    US_BANK_ACCOUNT = "us_bank_account"
    """A direct debit from a US bank account."""
