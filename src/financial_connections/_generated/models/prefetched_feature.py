"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class PrefetchedFeature(OpenEnum):
    """Data that was fetched as soon as the account was linked."""

    BALANCES = "balances"
    """The balance of the account."""
    OWNERSHIP = "ownership"
    """The owners of the account."""
    TRANSACTIONS = "transactions"
    """The transactions of the account."""
