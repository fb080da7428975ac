"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class SubscribedFeature(OpenEnum):
    """Data of an account that is refreshed every day."""

    TRANSACTIONS = "transactions"
    """The transactions of the account."""
