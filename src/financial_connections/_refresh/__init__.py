"""Start refreshes of accounts and wait until they have ended."""

from financial_connections._refresh.polling import Sleep
from financial_connections._refresh.wait import RefreshNotifier, RefreshWait

__all__ = ["RefreshNotifier", "RefreshWait", "Sleep"]
