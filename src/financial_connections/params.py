"""Parameter types: a `TypedDict` for each nested object, a `Literal` for each enum.

They let type checkers report misspelled keys and values. At run time, you pass plain
dicts and strings.
"""

from financial_connections._generated.models import (
    AccountExpand,
    AccountHolderFilter,
    RefreshFeature,
    SessionAccountFilters,
    SessionAccountHolder,
    SessionAccountHolderType,
    SessionAccountLimits,
    SessionAccountSubcategory,
    SessionExpand,
    SessionManualEntryMode,
    SessionManualEntryOptions,
    SessionPaymentMethodRequirement,
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
    "SessionAccountLimits",
    "SessionAccountSubcategory",
    "SessionExpand",
    "SessionManualEntryMode",
    "SessionManualEntryOptions",
    "SessionPaymentMethodRequirement",
    "SessionPermission",
    "SessionPrefetch",
    "SubscriptionFeature",
    "TimestampRange",
    "TransactionRefreshFilter",
]
