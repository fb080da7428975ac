"""Enums of accepted option values, because Typer does not support `Literal`."""

from enum import StrEnum
from typing import TYPE_CHECKING

# These duplicate the literals in `financial_connections.params`, because importing all
# models takes longer than printing a help text. A test keeps them in sync.
if TYPE_CHECKING:
    from financial_connections.params import (
        AccountExpand,
        RefreshFeature,
        SessionAccountSubcategory,
        SessionExpand,
        SessionManualEntryMode,
        SessionPaymentMethodRequirement,
        SessionPermission,
        SessionPrefetch,
        SubscriptionFeature,
    )
else:

    class RefreshFeature(StrEnum):
        """Data that can be refreshed; note the singular `balance`."""

        BALANCE = "balance"
        OWNERSHIP = "ownership"
        TRANSACTIONS = "transactions"

    class SubscriptionFeature(StrEnum):
        """Data that can be refreshed daily."""

        TRANSACTIONS = "transactions"

    class SessionPermission(StrEnum):
        """Permissions a session can request; note the plural `balances`."""

        BALANCES = "balances"
        OWNERSHIP = "ownership"
        PAYMENT_METHOD = "payment_method"
        TRANSACTIONS = "transactions"

    class SessionPrefetch(StrEnum):
        """Data that can be fetched as soon as an account is linked."""

        BALANCES = "balances"
        OWNERSHIP = "ownership"
        TRANSACTIONS = "transactions"

    class SessionAccountSubcategory(StrEnum):
        """Subcategories of accounts that a session can be restricted to."""

        CHECKING = "checking"
        CREDIT_CARD = "credit_card"
        LINE_OF_CREDIT = "line_of_credit"
        MORTGAGE = "mortgage"
        SAVINGS = "savings"

    class SessionPaymentMethodRequirement(StrEnum):
        """Accounts of a session that must support payments."""

        ALL = "all"
        AT_LEAST_ONE = "at_least_one"
        NONE = "none"

    class SessionManualEntryMode(StrEnum):
        """Availability of manual entry in a session."""

        AUTOMATIC = "automatic"
        DISABLED = "disabled"

    class AccountExpand(StrEnum):
        """Fields of an account that can be expanded."""

        ACCOUNT = "account_holder.account"
        CUSTOMER = "account_holder.customer"
        OWNERSHIP = "ownership"

    class SessionExpand(StrEnum):
        """Fields of a session that can be expanded."""

        ACCOUNT = "account_holder.account"
        CUSTOMER = "account_holder.customer"
        ACCOUNTS_ACCOUNT = "accounts.data.account_holder.account"
        ACCOUNTS_CUSTOMER = "accounts.data.account_holder.customer"
        ACCOUNTS_OWNERSHIP = "accounts.data.ownership"


class OutputFormat(StrEnum):
    """Formats in which results are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


class Setting(StrEnum):
    """Settings of a profile."""

    API_KEY = "api_key"
    BASE_URL = "base_url"
    OUTPUT = "output"
    STRIPE_ACCOUNT = "stripe_account"


class Shell(StrEnum):
    """Shells for which completion can be installed."""

    BASH = "bash"
    FISH = "fish"
    ZSH = "zsh"


class EngineName(StrEnum):
    """Engines that wake up the workers of a fleet."""

    IN_PROCESS = "in-process"
    PROCRASTINATE = "procrastinate"


class ScenarioName(StrEnum):
    """Sandbox scenarios."""

    DEMO = "demo"
    EMPTY = "empty"
    FAILING_REFRESH = "failing-refresh"
    GOING_INACTIVE = "going-inactive"
    MANY_TRANSACTIONS = "many-transactions"
    RATE_LIMITED = "rate-limited"
    SLOW_INSTITUTION = "slow-institution"
    UPCOMING_DEACTIVATION = "upcoming-deactivation"


__all__ = [
    "AccountExpand",
    "EngineName",
    "OutputFormat",
    "RefreshFeature",
    "ScenarioName",
    "SessionAccountSubcategory",
    "SessionExpand",
    "SessionManualEntryMode",
    "SessionPaymentMethodRequirement",
    "SessionPermission",
    "SessionPrefetch",
    "Setting",
    "Shell",
    "SubscriptionFeature",
]
