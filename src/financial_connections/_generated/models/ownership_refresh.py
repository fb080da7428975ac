"""Generated code. Do not edit."""

from attrs import frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections._generated.models.refresh_status import RefreshStatus


@frozen(kw_only=True, eq=False, repr=False)
class OwnershipRefresh(Model):
    """Status of the latest refresh of an account's owners."""

    last_attempted_at: int = REQUIRED
    """Time of the last refresh attempt, in seconds since the epoch."""
    next_refresh_available_at: int | None = None
    """Earliest time at which the next refresh can be started, in seconds since the
    epoch; null if it is not known yet.
    """
    status: RefreshStatus = REQUIRED
    """Status of the ownership refresh."""
