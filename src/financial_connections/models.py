"""What the API returns: attrs classes and open enums.

An attribute is `None` when the server sent null or nothing. `to_dict()` is all it sent,
`extra` what of it this version does not know. A value that an enum does not know is a
member all the same, with `is_known` False. Times are seconds since the epoch, amounts
are in the currency's smallest unit (cents).
"""

from typing import TYPE_CHECKING

from financial_connections._decoding import (
    Model,
    OpenEnum,
    restore_model,  # noqa: F401 # pyright: ignore[reportUnusedImport] - pickles name it here
)
from financial_connections._generated.models import (
    Account,
    AccountCategory,
    AccountHolder,
    AccountHolderType,
    AccountList,
    AccountOwner,
    AccountOwnerList,
    AccountOwnership,
    AccountStatus,
    AccountSubcategory,
    Balance,
    BalanceRefresh,
    BalanceType,
    CashBalance,
    CreditBalance,
    Customer,
    ErrorDetail,
    ErrorResponse,
    ErrorType,
    OwnershipRefresh,
    PaymentMethodType,
    Permission,
    PrefetchedFeature,
    RefreshStatus,
    Session,
    SessionFilters,
    StatusTransitions,
    StripeAccount,
    SubscribedFeature,
    Transaction,
    TransactionList,
    TransactionRefresh,
    TransactionStatus,
)

if TYPE_CHECKING:

    class AccountWithOwnership(Account):
        """An `Account` that was asked for with `expand=["ownership"]`, as a type
        checker sees it.
        """

        ownership: AccountOwnership | None
else:
    AccountWithOwnership = Account

__all__ = [
    "Account",
    "AccountCategory",
    "AccountHolder",
    "AccountHolderType",
    "AccountList",
    "AccountOwner",
    "AccountOwnerList",
    "AccountOwnership",
    "AccountStatus",
    "AccountSubcategory",
    "AccountWithOwnership",
    "Balance",
    "BalanceRefresh",
    "BalanceType",
    "CashBalance",
    "CreditBalance",
    "Customer",
    "ErrorDetail",
    "ErrorResponse",
    "ErrorType",
    "Model",
    "OpenEnum",
    "OwnershipRefresh",
    "PaymentMethodType",
    "Permission",
    "PrefetchedFeature",
    "RefreshStatus",
    "Session",
    "SessionFilters",
    "StatusTransitions",
    "StripeAccount",
    "SubscribedFeature",
    "Transaction",
    "TransactionList",
    "TransactionRefresh",
    "TransactionStatus",
]
