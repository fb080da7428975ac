"""Start refreshes of accounts and wait for them to finish."""

from financial_connections._refresh.many import (
    Refreshes,
    RefreshMany,
    RefreshProgress,
    check_arguments,
    oldest_refresh,
)
from financial_connections._refresh.notifier import RefreshNotifier
from financial_connections._refresh.operations import RefreshOperations
from financial_connections._refresh.wait import RefreshWait

__all__ = [
    "RefreshMany",
    "RefreshNotifier",
    "RefreshOperations",
    "RefreshProgress",
    "RefreshWait",
    "Refreshes",
    "check_arguments",
    "oldest_refresh",
]
