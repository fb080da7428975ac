"""Generated code. Do not edit."""

from attrs import field, frozen

from financial_connections._decoding import REQUIRED, Model


@frozen(kw_only=True, eq=False, repr=False)
class SessionLimits(Model):
    """Limits of a session."""

    accounts: int = field(default=REQUIRED, repr=False)
    """Maximum number of accounts that the user can link."""
