"""Subscriptions, disconnects and status changes of accounts.

Source: https://docs.stripe.com/api/financial_connections/accounts
"""

from typing import Literal

from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.api.records import Account, Merchant
from financial_connections.sandbox.api.refreshes import (
    finish,
    refresh_daily,
    require_active,
    require_permission,
)
from financial_connections.sandbox.api.state import State


def subscribe(state: State, merchant: Merchant, account: Account) -> None:
    """Refresh transactions now and every day. Subscribing again has no effect."""
    require_active(account, action="subscribed to")
    require_permission(state, account, "transactions")
    if account.subscription is None:
        account.subscription = object()
        refresh_daily(state, merchant, account, account.subscription)


def unsubscribe(account: Account) -> None:
    """End the account's subscription, if there is one."""
    account.subscription = None


def disconnect(state: State, merchant: Merchant, account: Account) -> None:
    """Disconnect an account permanently.

    This ends the subscription and removes the ownership. By default, it also removes
    previously fetched data.
    """
    if account.status == "disconnected":
        if state.rules.repeated_disconnect == "refuse":
            raise APIError(
                message="The account is already disconnected.", param="account"
            )
        return
    account.status = "disconnected"
    account.subscription = None
    account.ownership = None
    if state.rules.data_after_disconnect == "gone":
        account.balance = account.numbers = None
    for feature, refresh in account.refreshes.items():
        finish(state, merchant, account, feature, refresh)
    state.emit("disconnected", merchant, account)


def change_status(
    state: State,
    merchant: Merchant,
    account: Account,
    status: Literal["active", "inactive"],
) -> None:
    """Deactivate or reactivate an account on behalf of its institution."""
    if account.status == "disconnected":
        raise ValueError(f"{account.id} is permanently disconnected")
    if account.status != status:
        account.status = status
        state.emit(
            "deactivated" if status == "inactive" else "reactivated", merchant, account
        )


def schedule_change_of_status(
    state: State, account_id: str, status: Literal["active", "inactive"], after: float
) -> None:
    """Change the status of an account after a delay in seconds; 0 means now."""
    merchant, account = state.find_account(account_id)
    if after:
        state.schedule_at(
            state.now + after, lambda: change_status(state, merchant, account, status)
        )
    else:
        change_status(state, merchant, account, status)


def require_data(state: State, account: Account) -> None:
    """Reject attempts to read the data of a disconnected account."""
    if account.status == "disconnected" and state.rules.data_after_disconnect == "gone":
        raise APIError(
            message="The account is disconnected, so its data cannot be read."
        )
