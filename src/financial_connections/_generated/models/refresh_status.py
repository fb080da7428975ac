"""Generated code. Do not edit."""

from financial_connections._decoding import OpenEnum


class RefreshStatus(OpenEnum):
    """Status of a refresh."""

    FAILED = "failed"
    """The refresh failed and the data is unchanged."""
    PENDING = "pending"
    """The institution has not responded yet."""
    SUCCEEDED = "succeeded"
    """The data is up to date."""
