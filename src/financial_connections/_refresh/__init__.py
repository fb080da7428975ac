"""Start refreshes of an account and wait until they have ended."""

from financial_connections._refresh.notifier import RefreshNotifier
from financial_connections._refresh.wait import RefreshWait

__all__ = ["RefreshNotifier", "RefreshWait"]
