"""Start refreshes of accounts and wait until they are done."""

from financial_connections._refresh.wait import RefreshWaiter
from financial_connections._refresh.waiting import Waiting

__all__ = ["RefreshWaiter", "Waiting"]
