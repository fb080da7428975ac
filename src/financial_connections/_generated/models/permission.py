"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class Permission(OpenEnum):
    """Data of an account that its holder has agreed to share."""

    BALANCES = "balances"
    """Read the balance of the account."""
    OWNERSHIP = "ownership"
    """Read the owners of the account."""
    PAYMENT_METHOD = "payment_method"
    """Create a payment method from the account."""
    TRANSACTIONS = "transactions"
    """Read the transactions of the account."""
