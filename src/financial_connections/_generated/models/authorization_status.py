"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class AuthorizationStatus(OpenEnum):
    """Status of an authorization."""

    ACTIVE = "active"
    """The data of the accounts can be fetched."""
    INACTIVE = "inactive"
    """The data of the accounts cannot be fetched."""
