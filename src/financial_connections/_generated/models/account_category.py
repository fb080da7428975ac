"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class AccountCategory(OpenEnum):
    """Broad type of an account."""

    CASH = "cash"
    """An account that holds money, such as a checking or savings account."""
    CREDIT = "credit"
    """An account that represents debt, such as a credit card."""
    INVESTMENT = "investment"
    """An account that holds securities or other assets that may not be liquid."""
    OTHER = "other"
    """An account of another type."""
