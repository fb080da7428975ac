"""Start an account's refreshes and wait for them to finish."""

from financial_connections._refresh.notifier import RefreshNotifier
from financial_connections._refresh.wait import RefreshWait

__all__ = ["RefreshNotifier", "RefreshWait"]
