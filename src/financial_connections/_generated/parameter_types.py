"""Names that the public module `params` exports.

Generated code. Do not edit.
"""

from typing import TYPE_CHECKING

from financial_connections._lazy import lazy_names

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

# Documentation tools ignore a wildcard import of names in an `if TYPE_CHECKING` block.
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        __name__, dict.fromkeys(__all__, "financial_connections._generated.models")
    )
else:
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
