"""API operations, each as a function.

Generated code. Do not edit.
"""

from typing import TYPE_CHECKING

from financial_connections._lazy import lazy_names

if TYPE_CHECKING:
    from financial_connections._generated.api.accounts.disconnect_account import (
        disconnect_account,
    )
    from financial_connections._generated.api.accounts.list_account_owners import (
        list_account_owners,
    )
    from financial_connections._generated.api.accounts.list_accounts import (
        list_accounts,
    )
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
    from financial_connections._generated.api.events.list_events import list_events
    from financial_connections._generated.api.events.retrieve_event import (
        retrieve_event,
    )
    from financial_connections._generated.api.sessions.create_session import (
        create_session,
    )
    from financial_connections._generated.api.sessions.retrieve_session import (
        retrieve_session,
    )
    from financial_connections._generated.api.transactions.list_transactions import (
        list_transactions,
    )
    from financial_connections._generated.api.transactions.retrieve_transaction import (
        retrieve_transaction,
    )

__all__ = [
    "create_session",
    "disconnect_account",
    "list_account_owners",
    "list_accounts",
    "list_events",
    "list_transactions",
    "refresh_account",
    "retrieve_account",
    "retrieve_event",
    "retrieve_session",
    "retrieve_transaction",
    "subscribe_account",
    "unsubscribe_account",
]

if not TYPE_CHECKING:
    # The functions of each tag import only the classes that they need.
    _TAGS = {
        "accounts": "accounts",
        "events": "events",
        "sessions": "sessions",
        "transactions": "transactions",
        "create_session": "sessions",
        "disconnect_account": "accounts",
        "list_account_owners": "accounts",
        "list_accounts": "accounts",
        "list_events": "events",
        "list_transactions": "transactions",
        "refresh_account": "accounts",
        "retrieve_account": "accounts",
        "retrieve_event": "events",
        "retrieve_session": "sessions",
        "retrieve_transaction": "transactions",
        "subscribe_account": "accounts",
        "unsubscribe_account": "accounts",
    }
    __getattr__, __dir__ = lazy_names(
        __name__, {name: f"{__name__}.{tag}" for name, tag in _TAGS.items()}
    )
