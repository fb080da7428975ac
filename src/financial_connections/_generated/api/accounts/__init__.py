"""Operations on accounts, each as a function.

Generated code. Do not edit.
"""

from financial_connections._generated.api.accounts.disconnect_account import (
    disconnect_account,
)
from financial_connections._generated.api.accounts.list_account_owners import (
    list_account_owners,
)
from financial_connections._generated.api.accounts.list_accounts import list_accounts
from financial_connections._generated.api.accounts.refresh_account import (
    refresh_account,
)
from financial_connections._generated.api.accounts.retrieve_account import (
    retrieve_account,
)
from financial_connections._generated.api.accounts.subscribe_account import (
    subscribe_account,
)
from financial_connections._generated.api.accounts.unsubscribe_account import (
    unsubscribe_account,
)

__all__ = [
    "disconnect_account",
    "list_account_owners",
    "list_accounts",
    "refresh_account",
    "retrieve_account",
    "subscribe_account",
    "unsubscribe_account",
]
