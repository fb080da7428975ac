"""Models and enums for responses, and types for parameters.

Generated code. Do not edit.
"""

from typing import TYPE_CHECKING

from financial_connections._lazy import lazy_names

if TYPE_CHECKING:
    from financial_connections._generated.models.account import Account
    from financial_connections._generated.models.account_category import AccountCategory
    from financial_connections._generated.models.account_expand import AccountExpand
    from financial_connections._generated.models.account_holder import AccountHolder
    from financial_connections._generated.models.account_holder_filter import (
        AccountHolderFilter,
    )
    from financial_connections._generated.models.account_holder_type import (
        AccountHolderType,
    )
    from financial_connections._generated.models.account_list import AccountList
    from financial_connections._generated.models.account_number_details import (
        AccountNumberDetails,
    )
    from financial_connections._generated.models.account_number_status import (
        AccountNumberStatus,
    )
    from financial_connections._generated.models.account_number_type import (
        AccountNumberType,
    )
    from financial_connections._generated.models.account_owner import AccountOwner
    from financial_connections._generated.models.account_owner_list import (
        AccountOwnerList,
    )
    from financial_connections._generated.models.account_ownership import (
        AccountOwnership,
    )
    from financial_connections._generated.models.account_status import AccountStatus
    from financial_connections._generated.models.account_status_details import (
        AccountStatusDetails,
    )
    from financial_connections._generated.models.account_subcategory import (
        AccountSubcategory,
    )
    from financial_connections._generated.models.account_with_ownership import (
        AccountWithOwnership,
    )
    from financial_connections._generated.models.active_account_details import (
        ActiveAccountDetails,
    )
    from financial_connections._generated.models.active_authorization_details import (
        ActiveAuthorizationDetails,
    )
    from financial_connections._generated.models.authorization import Authorization
    from financial_connections._generated.models.authorization_status import (
        AuthorizationStatus,
    )
    from financial_connections._generated.models.authorization_status_details import (
        AuthorizationStatusDetails,
    )
    from financial_connections._generated.models.balance import Balance
    from financial_connections._generated.models.balance_refresh import BalanceRefresh
    from financial_connections._generated.models.balance_type import BalanceType
    from financial_connections._generated.models.cash_balance import CashBalance
    from financial_connections._generated.models.credit_balance import CreditBalance
    from financial_connections._generated.models.customer import Customer
    from financial_connections._generated.models.deactivation_cause import (
        DeactivationCause,
    )
    from financial_connections._generated.models.error_code import ErrorCode
    from financial_connections._generated.models.error_detail import ErrorDetail
    from financial_connections._generated.models.error_response import ErrorResponse
    from financial_connections._generated.models.error_type import ErrorType
    from financial_connections._generated.models.inactive_authorization_details import (
        InactiveAuthorizationDetails,
    )
    from financial_connections._generated.models.manual_entry_mode import (
        ManualEntryMode,
    )
    from financial_connections._generated.models.ownership_refresh import (
        OwnershipRefresh,
    )
    from financial_connections._generated.models.payment_method_requirement import (
        PaymentMethodRequirement,
    )
    from financial_connections._generated.models.payment_method_type import (
        PaymentMethodType,
    )
    from financial_connections._generated.models.payment_network import PaymentNetwork
    from financial_connections._generated.models.permission import Permission
    from financial_connections._generated.models.prefetched_feature import (
        PrefetchedFeature,
    )
    from financial_connections._generated.models.refresh_feature import RefreshFeature
    from financial_connections._generated.models.refresh_status import RefreshStatus
    from financial_connections._generated.models.relink_action import RelinkAction
    from financial_connections._generated.models.session import Session
    from financial_connections._generated.models.session_account_filters import (
        SessionAccountFilters,
    )
    from financial_connections._generated.models.session_account_holder import (
        SessionAccountHolder,
    )
    from financial_connections._generated.models.session_account_holder_type import (
        SessionAccountHolderType,
    )
    from financial_connections._generated.models.session_account_limits import (
        SessionAccountLimits,
    )
    from financial_connections._generated.models.session_account_subcategory import (
        SessionAccountSubcategory,
    )
    from financial_connections._generated.models.session_expand import SessionExpand
    from financial_connections._generated.models.session_filters import SessionFilters
    from financial_connections._generated.models.session_limits import SessionLimits
    from financial_connections._generated.models.session_manual_entry import (
        SessionManualEntry,
    )
    from financial_connections._generated.models.session_manual_entry_mode import (
        SessionManualEntryMode,
    )
    from financial_connections._generated.models.session_manual_entry_options import (
        SessionManualEntryOptions,
    )
    from financial_connections._generated.models.session_payment_method_requirement import (
        SessionPaymentMethodRequirement,
    )
    from financial_connections._generated.models.session_permission import (
        SessionPermission,
    )
    from financial_connections._generated.models.session_prefetch import SessionPrefetch
    from financial_connections._generated.models.snapshot_event_list import (
        SnapshotEventList,
    )
    from financial_connections._generated.models.status_transitions import (
        StatusTransitions,
    )
    from financial_connections._generated.models.stripe_account import StripeAccount
    from financial_connections._generated.models.subscribed_feature import (
        SubscribedFeature,
    )
    from financial_connections._generated.models.subscription_feature import (
        SubscriptionFeature,
    )
    from financial_connections._generated.models.timestamp_range import TimestampRange
    from financial_connections._generated.models.token import Token
    from financial_connections._generated.models.transaction import Transaction
    from financial_connections._generated.models.transaction_list import TransactionList
    from financial_connections._generated.models.transaction_refresh import (
        TransactionRefresh,
    )
    from financial_connections._generated.models.transaction_refresh_filter import (
        TransactionRefreshFilter,
    )
    from financial_connections._generated.models.transaction_status import (
        TransactionStatus,
    )

__all__ = [
    "Account",
    "AccountCategory",
    "AccountExpand",
    "AccountHolder",
    "AccountHolderFilter",
    "AccountHolderType",
    "AccountList",
    "AccountNumberDetails",
    "AccountNumberStatus",
    "AccountNumberType",
    "AccountOwner",
    "AccountOwnerList",
    "AccountOwnership",
    "AccountStatus",
    "AccountStatusDetails",
    "AccountSubcategory",
    "AccountWithOwnership",
    "ActiveAccountDetails",
    "ActiveAuthorizationDetails",
    "Authorization",
    "AuthorizationStatus",
    "AuthorizationStatusDetails",
    "Balance",
    "BalanceRefresh",
    "BalanceType",
    "CashBalance",
    "CreditBalance",
    "Customer",
    "DeactivationCause",
    "ErrorCode",
    "ErrorDetail",
    "ErrorResponse",
    "ErrorType",
    "InactiveAuthorizationDetails",
    "ManualEntryMode",
    "OwnershipRefresh",
    "PaymentMethodRequirement",
    "PaymentMethodType",
    "PaymentNetwork",
    "Permission",
    "PrefetchedFeature",
    "RefreshFeature",
    "RefreshStatus",
    "RelinkAction",
    "Session",
    "SessionAccountFilters",
    "SessionAccountHolder",
    "SessionAccountHolderType",
    "SessionAccountLimits",
    "SessionAccountSubcategory",
    "SessionExpand",
    "SessionFilters",
    "SessionLimits",
    "SessionManualEntry",
    "SessionManualEntryMode",
    "SessionManualEntryOptions",
    "SessionPaymentMethodRequirement",
    "SessionPermission",
    "SessionPrefetch",
    "SnapshotEventList",
    "StatusTransitions",
    "StripeAccount",
    "SubscribedFeature",
    "SubscriptionFeature",
    "TimestampRange",
    "Token",
    "Transaction",
    "TransactionList",
    "TransactionRefresh",
    "TransactionRefreshFilter",
    "TransactionStatus",
]

if not TYPE_CHECKING:
    # A program needs only some of the classes, and creating them takes a while.
    _SOURCES = {
        "Account": "account",
        "AccountCategory": "account_category",
        "AccountExpand": "account_expand",
        "AccountHolder": "account_holder",
        "AccountHolderFilter": "account_holder_filter",
        "AccountHolderType": "account_holder_type",
        "AccountList": "account_list",
        "AccountNumberDetails": "account_number_details",
        "AccountNumberStatus": "account_number_status",
        "AccountNumberType": "account_number_type",
        "AccountOwner": "account_owner",
        "AccountOwnerList": "account_owner_list",
        "AccountOwnership": "account_ownership",
        "AccountStatus": "account_status",
        "AccountStatusDetails": "account_status_details",
        "AccountSubcategory": "account_subcategory",
        "AccountWithOwnership": "account_with_ownership",
        "ActiveAccountDetails": "active_account_details",
        "ActiveAuthorizationDetails": "active_authorization_details",
        "Authorization": "authorization",
        "AuthorizationStatus": "authorization_status",
        "AuthorizationStatusDetails": "authorization_status_details",
        "Balance": "balance",
        "BalanceRefresh": "balance_refresh",
        "BalanceType": "balance_type",
        "CashBalance": "cash_balance",
        "CreditBalance": "credit_balance",
        "Customer": "customer",
        "DeactivationCause": "deactivation_cause",
        "ErrorCode": "error_code",
        "ErrorDetail": "error_detail",
        "ErrorResponse": "error_response",
        "ErrorType": "error_type",
        "InactiveAuthorizationDetails": "inactive_authorization_details",
        "ManualEntryMode": "manual_entry_mode",
        "OwnershipRefresh": "ownership_refresh",
        "PaymentMethodRequirement": "payment_method_requirement",
        "PaymentMethodType": "payment_method_type",
        "PaymentNetwork": "payment_network",
        "Permission": "permission",
        "PrefetchedFeature": "prefetched_feature",
        "RefreshFeature": "refresh_feature",
        "RefreshStatus": "refresh_status",
        "RelinkAction": "relink_action",
        "Session": "session",
        "SessionAccountFilters": "session_account_filters",
        "SessionAccountHolder": "session_account_holder",
        "SessionAccountHolderType": "session_account_holder_type",
        "SessionAccountLimits": "session_account_limits",
        "SessionAccountSubcategory": "session_account_subcategory",
        "SessionExpand": "session_expand",
        "SessionFilters": "session_filters",
        "SessionLimits": "session_limits",
        "SessionManualEntry": "session_manual_entry",
        "SessionManualEntryMode": "session_manual_entry_mode",
        "SessionManualEntryOptions": "session_manual_entry_options",
        "SessionPaymentMethodRequirement": "session_payment_method_requirement",
        "SessionPermission": "session_permission",
        "SessionPrefetch": "session_prefetch",
        "SnapshotEventList": "snapshot_event_list",
        "StatusTransitions": "status_transitions",
        "StripeAccount": "stripe_account",
        "SubscribedFeature": "subscribed_feature",
        "SubscriptionFeature": "subscription_feature",
        "TimestampRange": "timestamp_range",
        "Token": "token",
        "Transaction": "transaction",
        "TransactionList": "transaction_list",
        "TransactionRefresh": "transaction_refresh",
        "TransactionRefreshFilter": "transaction_refresh_filter",
        "TransactionStatus": "transaction_status",
    }
    __getattr__, __dir__ = lazy_names(
        __name__, {name: f"{__name__}.{module}" for name, module in _SOURCES.items()}
    )
