"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class ManualEntryMode(OpenEnum):
    """Availability of manual entry in a session."""

    AUTOMATIC = "automatic"
    """Stripe decides whether the user can enter bank account details."""
    DISABLED = "disabled"
    """The user can only link accounts by logging in to an institution."""
