"""Transactions: pending → posted or void under the same id.
https://docs.stripe.com/financial-connections/transactions

They change only through a refresh: what it touches carries its id, and `updated` moves.
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any, Literal

from financial_connections.sandbox.api import fakes as fiction
from financial_connections.sandbox.api.errors import missing_object
from financial_connections.sandbox.api.records import (
    Account,
    Merchant,
    Refresh,
    Transaction,
)
from financial_connections.sandbox.api.state import DAY, State

HISTORY = 180 * DAY
"""How far back a first fetch reaches, in seconds; institutions may have less."""


def history(
    state: State, merchant: Merchant, account: Account, count: int
) -> Callable[[Refresh], None]:
    """Return the change that adds `count` posted transactions spread evenly over the
    past, oldest first.
    """
    until = state.now

    def change(refresh: Refresh) -> None:
        for index in range(count):
            transacted_at = until - HISTORY + HISTORY * (index + 1) // (count + 1)
            transaction = new_transaction(state, account, transacted_at)
            insert(state, merchant, account, transaction, refresh)

    return change


def arrival(
    state: State, merchant: Merchant, account: Account, new: Sequence[Transaction]
) -> Callable[[Refresh], None]:
    """Return the change that adds these transactions."""

    def change(refresh: Refresh) -> None:
        for transaction in new:
            insert(state, merchant, account, transaction, refresh)

    return change


def new_transaction(
    state: State,
    account: Account,
    transacted_at: int,
    status: Literal["pending", "posted"] = "posted",
) -> Transaction:
    """Return a transaction that no refresh has brought yet."""
    amount, description = fiction.payment(state.ids.stream("payments"))
    return Transaction(
        id=state.ids.new("fctxn"),
        account=account.id,
        amount=amount,
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
    """Add a transaction as the newest one."""
    transaction.refresh, transaction.updated = refresh, state.now
    account.transactions.append(transaction)
    merchant.transactions[transaction.id] = transaction


def resolve(
    state: State,
    transaction: Transaction,
    status: Literal["posted", "void"],
    refresh: Refresh,
) -> None:
    """Let a pending transaction become posted or void."""
    if transaction.status != "pending":
        raise ValueError(f"{transaction.id} is {transaction.status}, not pending")
    transaction.status, transaction.refresh, transaction.updated = (
        status,
        refresh,
        state.now,
    )
    if status == "posted":
        transaction.posted_at = state.now
    else:
        transaction.void_at = state.now


def selection(
    state: State, account: Account, params: dict[str, Any]
) -> Callable[[Transaction], bool] | None:
    """Return the filter that the parameters of a list ask for, if any."""
    tests = [*_time_tests(params.get("transacted_at"))]
    if "transaction_refresh" in params:
        wanted = params["transaction_refresh"]["after"]
        refresh = account.transaction_refreshes.get(wanted)
        if refresh is None:
            status = state.rules.unknown_reference_status
            raise missing_object(
                "refresh", wanted, param="transaction_refresh[after]", status=status
            )
        number = refresh.number
        tests.append(lambda transaction: transaction.refresh.number > number)
    return (
        (lambda transaction: all(test(transaction) for test in tests))
        if tests
        else None
    )


def _time_tests(
    bounds: int | dict[str, int] | None,
) -> list[Callable[[Transaction], bool]]:
    if bounds is None:
        return []
    if isinstance(bounds, int):
        return [lambda transaction: transaction.transacted_at == bounds]
    return [_time_test(name, bound) for name, bound in bounds.items()]


def _time_test(name: str, bound: int) -> Callable[[Transaction], bool]:
    compare: Callable[[int, int], bool] = getattr(
        operator, {"gte": "ge", "lte": "le"}.get(name, name)
    )
    return lambda transaction: compare(transaction.transacted_at, bound)
