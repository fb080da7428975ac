"""Account numbers, which payments use.

A number is transactable until the institution deactivates it. A tokenized number is a
substitute that an institution issues instead of the account's own number. It is pending
at first, and it can expire. Linking the account again replaces a number that has ended.

Source: https://docs.stripe.com/financial-connections/tokenized-account-numbers
"""

from typing import Literal

from financial_connections.sandbox.api.records import Account, AccountNumber, Merchant
from financial_connections.sandbox.api.state import NOTICE, State


def issue(
    state: State, merchant: Merchant, account: Account, *, confirmed: bool
) -> None:
    """Retrieve the account number of an account, if payments can use one.

    Args:
        state: The state of the sandbox.
        merchant: The merchant that linked the account.
        account: The account.
        confirmed: Whether a tokenized number is transactable immediately.
    """
    account.numbers = account.numbers or []
    if account.category != "cash" or any(item.is_usable for item in account.numbers):
        return
    number = AccountNumber(account.number_type, "transactable")
    account.numbers.append(number)
    if account.number_type == "tokenized_account_number" and not confirmed:
        number.status = "pending"
        state.schedule_at(
            state.now + state.rules.refresh_seconds,
            lambda: confirm(state, merchant, account, number),
        )


def confirm(
    state: State, merchant: Merchant, account: Account, number: AccountNumber
) -> None:
    """Make a pending number transactable."""
    if number.status == "pending" and account.status != "disconnected":
        number.status = "transactable"
        state.emit("account_numbers_updated", merchant, account)


def count_poll(state: State, merchant: Merchant, account: Account) -> None:
    """Count a retrieval of the account, and confirm numbers polled often enough."""
    for number in account.numbers or ():
        if number.status != "pending":
            continue
        state.polls += 1
        number.polls += 1
        if (
            state.rules.refresh_polls is not None
            and number.polls >= state.rules.refresh_polls
        ):
            confirm(state, merchant, account, number)


def schedule_expiry(state: State, account_id: str, after: float) -> None:
    """Announce when the tokenized number of an account expires.

    Args:
        state: The state of the sandbox.
        account_id: ID of the account.
        after: Time until the number expires, in seconds.
    """
    merchant, account, number = _usable_number(state, account_id)
    if number.type != "tokenized_account_number":
        raise ValueError(f"{account_id} has a permanent account number")
    expiry_date = number.expiry_date = state.time_after(after)

    def is_current() -> bool:
        return (
            number.is_usable
            and number.expiry_date == expiry_date
            and account.status != "disconnected"
        )

    def warn() -> None:
        if is_current():
            state.emit("upcoming_account_number_expiry", merchant, account)

    def expire() -> None:
        if is_current():
            _end(state, merchant, account, number, "expired")

    state.emit("account_numbers_updated", merchant, account)
    state.schedule_at(expiry_date - NOTICE, warn)
    state.schedule_at(expiry_date, expire)
    state.run_due()


def deactivate(state: State, account_id: str) -> None:
    """Deactivate the number of an account on behalf of its institution."""
    merchant, account, number = _usable_number(state, account_id)
    _end(state, merchant, account, number, "deactivated")


def renew(state: State, merchant: Merchant, account: Account) -> None:
    """Replace a number that has ended or will expire, as linking again does."""
    if are_lasting(account):
        return
    supported_payments = account.supports_payments
    for number in account.numbers or ():
        if number.is_usable:
            number.status = "deactivated"
    issue(state, merchant, account, confirmed=True)
    _announce(state, merchant, account, supported_payments=supported_payments)


def are_lasting(account: Account) -> bool:
    """Return True if the latest number, if any, is usable and does not expire."""
    numbers = account.numbers or ()
    return not numbers or (numbers[-1].is_usable and numbers[-1].expiry_date is None)


def _end(
    state: State,
    merchant: Merchant,
    account: Account,
    number: AccountNumber,
    status: Literal["deactivated", "expired"],
) -> None:
    supported_payments = account.supports_payments
    number.status = status
    _announce(state, merchant, account, supported_payments=supported_payments)


def _announce(
    state: State, merchant: Merchant, account: Account, *, supported_payments: bool
) -> None:
    state.emit("account_numbers_updated", merchant, account)
    if account.supports_payments != supported_payments:
        state.emit("supported_payment_method_types_updated", merchant, account)


def _usable_number(
    state: State, account_id: str
) -> tuple[Merchant, Account, AccountNumber]:
    merchant, account = state.find_account(account_id)
    for number in account.numbers or ():
        if number.is_usable and account.status == "active":
            return merchant, account, number
    raise ValueError(f"{account_id} is not active or has no usable account number")
