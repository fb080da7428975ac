"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class BalanceType(OpenEnum):
    """Type of a balance."""

    CASH = "cash"
    """A balance of money that the account holder can spend."""
    CREDIT = "credit"
    """A balance of money that the account holder has borrowed."""
