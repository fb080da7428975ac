"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class AccountNumberStatus(OpenEnum):
    """Status of an account number."""

    DEACTIVATED = "deactivated"
    """The institution has deactivated the account number."""
    EXPIRED = "expired"
    """The account number has expired."""
    PENDING = "pending"
    """The account number is not available yet."""
    TRANSACTABLE = "transactable"
    """Payments can use the account number."""
