"""Transactions, which are pending and then posted or void under the same ID.

Transactions change only when refreshed. Each transaction changed by a refresh gets the
refresh's ID and a new `updated` time.

Source: https://docs.stripe.com/financial-connections/transactions
"""

from collections.abc import Callable
from typing import Any, Literal

from financial_connections.sandbox.api.currencies import convert
from financial_connections.sandbox.api.errors import missing_object
from financial_connections.sandbox.api.records import (
    Account,
    Change,
    Merchant,
    Refresh,
    Transaction,
)
from financial_connections.sandbox.api.refreshes import change_transactions
from financial_connections.sandbox.api.state import DAY, State
from financial_connections.sandbox.api.statements import Statement, payment
from financial_connections.sandbox.api.times import time_filter


def history(
    state: State, merchant: Merchant, account: Account, count: int, days: int
) -> Change:
    """Return a change that adds posted transactions, oldest first.

    Args:
        state: The sandbox's state.
        merchant: The account's merchant.
        account: The account.
        count: Number of transactions.
        days: Number of days up to now over which they are spread evenly.
    """
    until, period = state.now, days * DAY
    since = until - period

    def change(refresh: Refresh) -> None:
        random = state.ids.stream("payments")
        statement = Statement(random, account, since, until, count)
        for index in range(count):
            transacted_at = since + period * (index + 1) // (count + 1)
            paid = statement.next_payment(transacted_at)
            transaction = new_transaction(state, account, transacted_at, paid)
            insert(state, merchant, account, transaction, refresh)

    return change


def add_transactions(
    state: State,
    account_id: str,
    count: int,
    *,
    status: Literal["pending", "posted"],
    transacted_at: int | None,
    at_next_refresh: bool,
) -> list[str]:
    """Add transactions at the institution, and return their IDs."""
    merchant, account = state.find_account(account_id)
    time = state.now if transacted_at is None else transacted_at
    random = state.ids.stream("payments")
    transactions = [
        new_transaction(state, account, time, payment(random), status)
        for _ in range(count)
    ]

    def change(refresh: Refresh) -> None:
        for transaction in transactions:
            insert(state, merchant, account, transaction, refresh)

    change_transactions(
        state, merchant, account, change, at_next_refresh=at_next_refresh
    )
    return [transaction.id for transaction in transactions]


def new_transaction(
    state: State,
    account: Account,
    transacted_at: int,
    paid: tuple[int, str],
    status: Literal["pending", "posted"] = "posted",
) -> Transaction:
    """Return a transaction that has not been fetched yet.

    Args:
        state: The sandbox's state.
        account: The account.
        transacted_at: Time of the transaction, in seconds since the epoch.
        paid: Amount in US cents and description.
        status: Status of the transaction.
    """
    amount, description = paid
    return Transaction(
        id=state.ids.new("fctxn"),
        account=account.id,
        amount=convert(amount, account.currency),
        currency=account.currency,
        description=description,
        transacted_at=transacted_at,
        updated=transacted_at,
        refresh=Refresh(0, transacted_at),
        status=status,
        posted_at=transacted_at if status == "posted" else None,
    )


def insert(
    state: State,
    merchant: Merchant,
    account: Account,
    transaction: Transaction,
    refresh: Refresh,
) -> None:
    """Add a transaction, which becomes the newest."""
    transaction.refresh, transaction.updated = refresh, state.now
    account.transactions.append(transaction)
    merchant.transactions[transaction.id] = transaction


def settle_transaction(
    state: State,
    transaction_id: str,
    status: Literal["posted", "void"],
    *,
    at_next_refresh: bool,
) -> None:
    """Post or void a pending transaction at the institution."""
    transaction = state.find_transaction(transaction_id)
    merchant, account = state.find_account(transaction.account)
    change_transactions(
        state,
        merchant,
        account,
        lambda refresh: _settle(state, transaction, status, refresh),
        at_next_refresh=at_next_refresh,
    )


def _settle(
    state: State,
    transaction: Transaction,
    status: Literal["posted", "void"],
    refresh: Refresh,
) -> None:
    if transaction.status != "pending":
        raise ValueError(f"{transaction.id} is {transaction.status}, not pending")
    transaction.status = status
    transaction.refresh, transaction.updated = refresh, state.now
    if status == "posted":
        transaction.posted_at = state.now
    else:
        transaction.void_at = state.now


def transaction_filter(
    state: State, account: Account, params: dict[str, Any]
) -> Callable[[Transaction], bool] | None:
    """Return the filter described by the list parameters, or None."""
    tests: list[Callable[[Transaction], bool]] = []
    if "transacted_at" in params:
        is_within = time_filter(params["transacted_at"])
        tests.append(lambda transaction: is_within(transaction.transacted_at))
    if "transaction_refresh" in params:
        refresh_id = params["transaction_refresh"]["after"]
        refresh = account.transaction_refreshes.get(refresh_id)
        if refresh is None:
            status = state.rules.unknown_reference_status
            raise missing_object(
                "refresh", refresh_id, param="transaction_refresh[after]", status=status
            )
        number = refresh.number
        tests.append(lambda transaction: transaction.refresh.number > number)
    return (
        (lambda transaction: all(test(transaction) for test in tests))
        if tests
        else None
    )
