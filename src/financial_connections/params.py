"""What calls take: `TypedDict`s for nested parameters, `Literal`s for their values.

They are for type checkers, which refuse a misspelt one; at run time plain dicts and
strings are all it takes.
"""

from financial_connections._generated.models import (
    AccountExpand,
    AccountHolderFilter,
    RefreshFeature,
    SessionAccountFilters,
    SessionAccountHolder,
    SessionAccountHolderType,
    SessionExpand,
    SessionPermission,
    SessionPrefetch,
    SubscriptionFeature,
    TimestampRange,
    TransactionRefreshFilter,
)

__all__ = [
    "AccountExpand",
    "AccountHolderFilter",
    "RefreshFeature",
    "SessionAccountFilters",
    "SessionAccountHolder",
    "SessionAccountHolderType",
    "SessionExpand",
    "SessionPermission",
    "SessionPrefetch",
    "SubscriptionFeature",
    "TimestampRange",
    "TransactionRefreshFilter",
]
