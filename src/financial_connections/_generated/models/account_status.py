"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class AccountStatus(OpenEnum):
    """Availability of an account's data at its institution."""

    ACTIVE = "active"
    """Data can be fetched from the institution."""
    DISCONNECTED = "disconnected"
    """Access to the account has ended; its holder must link it again."""
    INACTIVE = "inactive"
    """Data cannot be fetched until the institution or the account holder resolves a
    problem.
    """
    PENDING = "pending"
    """A refresh is in progress."""
