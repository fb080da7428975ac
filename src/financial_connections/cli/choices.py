"""The values that options take: the `Literal`s of `financial_connections.params`, which
Typer needs as enums.
"""

from enum import StrEnum
from typing import TYPE_CHECKING

# Written down once more, because loading all models takes longer than printing a help
# text; a test compares them.
if TYPE_CHECKING:
    from financial_connections.params import AccountExpand, SessionExpand
    from financial_connections.params import RefreshFeature as Feature
    from financial_connections.params import SessionPermission as Permission
    from financial_connections.params import SessionPrefetch as Prefetch
    from financial_connections.params import SubscriptionFeature as Subscribable
else:

    class Feature(StrEnum):
        """What can be refreshed. Mind the singular of `balance`."""

        BALANCE = "balance"
        OWNERSHIP = "ownership"
        TRANSACTIONS = "transactions"

    class Subscribable(StrEnum):
        """What can be refreshed daily."""

        TRANSACTIONS = "transactions"

    class Permission(StrEnum):
        """What a holder can be asked for. Mind the plural of `balances`."""

        BALANCES = "balances"
        OWNERSHIP = "ownership"
        PAYMENT_METHOD = "payment_method"
        TRANSACTIONS = "transactions"

    class Prefetch(StrEnum):
        """What can be fetched as soon as an account is linked."""

        BALANCES = "balances"
        OWNERSHIP = "ownership"
        TRANSACTIONS = "transactions"

    class AccountExpand(StrEnum):
        """What an account can be expanded by."""

        ACCOUNT = "account_holder.account"
        CUSTOMER = "account_holder.customer"
        OWNERSHIP = "ownership"

    class SessionExpand(StrEnum):
        """What a session can be expanded by."""

        ACCOUNT = "account_holder.account"
        CUSTOMER = "account_holder.customer"
        ACCOUNTS_ACCOUNT = "accounts.data.account_holder.account"
        ACCOUNTS_CUSTOMER = "accounts.data.account_holder.customer"
        ACCOUNTS_OWNERSHIP = "accounts.data.ownership"


class Shell(StrEnum):
    """The shells that learn to complete."""

    BASH = "bash"
    FISH = "fish"
    ZSH = "zsh"


class Scene(StrEnum):
    """The scenarios of the sandbox."""

    DEMO = "demo"
    EMPTY = "empty"
    FAILING_REFRESH = "failing-refresh"
    GOING_INACTIVE = "going-inactive"
    MANY_TRANSACTIONS = "many-transactions"
    SLOW_BANK = "slow-bank"


__all__ = [
    "AccountExpand",
    "Feature",
    "Permission",
    "Prefetch",
    "Scene",
    "SessionExpand",
    "Shell",
    "Subscribable",
]
