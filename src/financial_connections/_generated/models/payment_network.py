"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class PaymentNetwork(OpenEnum):
    """Payment network that accepts an account number."""

    ACH = "ach"
    """Automated Clearing House, for payments in the United States."""
