"""Completion and cancellation of sessions by the account holder.

A session is open until the account holder consents, enters a bank account manually, or
cancels. It contains its accounts once it is completed.

Source: https://docs.stripe.com/changelog/dahlia/2026-07-29/financial-connections-advanced-session-config
"""

from collections.abc import Sequence

from financial_connections.sandbox.api import numbers
from financial_connections.sandbox.api.linking import (
    NewAccount,
    find_account,
    link,
    link_again,
)
from financial_connections.sandbox.api.records import (
    Account,
    Merchant,
    Session,
    SessionFilters,
)
from financial_connections.sandbox.api.refreshes import start
from financial_connections.sandbox.api.state import State
from financial_connections.sandbox.api.terms import (
    FEATURES,
    PERMISSION_FOR,
    SUBCATEGORIES,
    Subcategory,
)

Choice = NewAccount | Account
"""An account to link, or one to link again."""


def subcategory_of(choice: Choice) -> Subcategory:
    """Return the subcategory of an account."""
    return choice.subcategory or SUBCATEGORIES[choice.category][0]


def is_offered(session: Session, choice: Choice) -> bool:
    """Return whether an account matches the filters of a session."""
    filters = session.filters or SessionFilters()
    return (
        filters.subcategories is None or subcategory_of(choice) in filters.subcategories
    ) and (filters.payments != "all" or choice.category == "cash")


def problem_with(session: Session, choices: Sequence[Choice]) -> str | None:
    """Return why a session cannot be completed with these accounts, or None."""
    filters = session.filters or SessionFilters()
    limit = session.account_limit
    if limit is not None and len(choices) > limit:
        return f"Choose at most {limit} account{'s' if limit > 1 else ''}."
    for choice in choices:
        if not is_offered(session, choice):
            name = subcategory_of(choice).replace("_", " ")
            return f"A {name} account does not match the filters of the session."
    if filters.payments == "at_least_one" and not any(
        choice.category == "cash" for choice in choices
    ):
        return "Choose at least one account that supports payments."
    return None


def default_choice(session: Session) -> NewAccount:
    """Return an account that the session's filters allow, if there is one."""
    for category, subcategories in SUBCATEGORIES.items():
        for subcategory in subcategories:
            new = NewAccount(category=category, subcategory=subcategory)
            if is_offered(session, new):
                return new
    return NewAccount()


def complete(
    state: State,
    merchant: Merchant,
    session: Session,
    accounts: Sequence[NewAccount | str] | None,
) -> list[Account]:
    """Link accounts with the session's permissions, and start prefetching.

    Args:
        state: The state of the sandbox.
        merchant: The merchant that created the session.
        session: The session.
        accounts: Accounts to link, or IDs of accounts to link again; None means one
            account that the session allows.
    """
    require_open(session)
    if accounts is None:
        accounts = [default_choice(session)]
    choices = [
        find_account(merchant, session.holder, account)
        if isinstance(account, str)
        else account
        for account in accounts
    ]
    again = [choice.id for choice in choices if isinstance(choice, Account)]
    if len(again) > len(set(again)):
        raise ValueError("an account can be linked only once in a session")
    problem = problem_with(session, choices)
    if problem is not None:
        raise ValueError(f"{session.id}: {problem}")
    session.status = "completed"
    return [_collect(state, merchant, session, choice) for choice in choices]


def cancel(session: Session) -> None:
    """Close an open session without linking an account."""
    require_open(session)
    session.status = "cancelled"


def require_open(session: Session) -> None:
    """Raise `ValueError` if a session has been completed or cancelled."""
    if session.status != "open":
        raise ValueError(f"{session.id} is {session.status}")


def _collect(
    state: State, merchant: Merchant, session: Session, choice: Choice
) -> Account:
    is_new = isinstance(choice, NewAccount)
    account = (
        link(state, merchant, session.holder, choice)
        if isinstance(choice, NewAccount)
        else choice
    )
    account.permissions = session.permissions
    session.accounts.append(account)
    if not is_new:
        link_again(state, merchant, account)
    had_numbers = account.numbers is not None
    payments = session.filters.payments if session.filters else None
    requires_number = payments in {"all", "at_least_one"}
    if requires_number or "payment_method" in session.permissions:
        numbers.issue(state, merchant, account, confirmed=requires_number)
    if is_new:
        state.emit("created", merchant, account)
    elif account.numbers is not None and not had_numbers:
        state.emit("account_numbers_updated", merchant, account)
    for feature in FEATURES:
        if PERMISSION_FOR[feature] in (session.prefetch or ()):
            start(state, merchant, account, feature)
    return account
