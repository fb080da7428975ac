"""Accounts: what their owner's bank and their merchant can do to them.
https://docs.stripe.com/api/financial_connections/accounts
"""

from typing import Literal

from financial_connections.sandbox.api.errors import Refusal
from financial_connections.sandbox.api.records import Account, Merchant
from financial_connections.sandbox.api.refreshes import (
    finish,
    keep_subscribed,
    require_active,
    require_permission,
)
from financial_connections.sandbox.api.state import State


def subscribe(state: State, merchant: Merchant, account: Account) -> None:
    """Refresh the transactions at once and then daily. Subscribing twice is subscribing
    once.
    """
    require_active(account, action="subscribed to")
    require_permission(state, account, "transactions")
    if account.subscription is None:
        account.subscription = object()
        keep_subscribed(state, merchant, account, account.subscription)


def unsubscribe(account: Account) -> None:
    """End the subscription, if there is one."""
    account.subscription = None


def disconnect(state: State, merchant: Merchant, account: Account) -> None:
    """End the access for good: no subscription, no ownership, and by default no data
    fetched earlier either.
    """
    if account.status == "disconnected":
        if state.rules.repeated_disconnect == "refuse":
            raise Refusal(
                message="The account is disconnected already.", param="account"
            )
        return
    account.status = "disconnected"
    account.subscription = None
    account.ownership = None
    if state.rules.data_after_disconnect == "gone":
        account.balance = None
    for feature, refresh in account.refreshes.items():
        finish(state, merchant, account, feature, refresh)
    state.emit("disconnected", merchant, account)


def change_status(
    state: State,
    merchant: Merchant,
    account: Account,
    status: Literal["active", "inactive"],
) -> None:
    """Let the institution close or reopen its side. Only it can; a disconnected account
    stays disconnected.
    """
    if account.status == "disconnected":
        raise ValueError(f"{account.id} is disconnected, for good")
    if account.status != status:
        account.status = status
        state.emit(
            "deactivated" if status == "inactive" else "reactivated", merchant, account
        )


def require_data(state: State, account: Account) -> None:
    """Refuse data of a disconnected account."""
    if account.status == "disconnected" and state.rules.data_after_disconnect == "gone":
        raise Refusal(message="The account is disconnected: its data cannot be read.")
