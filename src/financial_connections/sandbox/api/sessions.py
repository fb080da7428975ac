"""Sessions: linking, without a browser modal.
https://docs.stripe.com/api/financial_connections/sessions

A session is open until somebody consents (`complete`) or not (`cancel`). Accounts
appear in it on completion.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from financial_connections.sandbox.api import fakes as fiction
from financial_connections.sandbox.api.errors import Refusal
from financial_connections.sandbox.api.holders import require_holder, session_holder
from financial_connections.sandbox.api.records import (
    FEATURES,
    PERMISSION_FOR,
    PERMISSIONS,
    SUBCATEGORIES,
    Account,
    Category,
    Institution,
    Merchant,
    Permission,
    Session,
    Subcategory,
)
from financial_connections.sandbox.api.refreshes import start
from financial_connections.sandbox.api.state import State
from financial_connections.sandbox.api.transactions import history


@frozen(kw_only=True)
class NewAccount:
    """An account to link, and what its institution holds. What is None is made up."""

    category: Category = "cash"
    subcategory: Subcategory | None = None
    institution_name: str = "Example Bank"
    display_name: str | None = None
    last4: str | None = None
    currency: str = "usd"
    permissions: Sequence[Permission] = PERMISSIONS
    balance: int | None = None
    transactions: int = 0
    owners: int = 1

    def __attrs_post_init__(self) -> None:
        allowed = SUBCATEGORIES.get(self.category)
        if allowed is None:
            raise ValueError(
                f"category must be one of {', '.join(SUBCATEGORIES)}, not {self.category!r}"
            )
        if self.subcategory not in {None, *allowed}:
            raise ValueError(
                f"a {self.category} account is one of {', '.join(allowed)}, not {self.subcategory!r}"
            )
        if unknown := set(self.permissions) - set(PERMISSIONS):
            raise ValueError(
                f"permissions are {', '.join(PERMISSIONS)}, not {min(unknown)!r}"
            )


def check_session(params: Mapping[str, Any]) -> None:
    """Refuse what the schema lets pass: a holder that does not fit its type,
    prefetching without permission.
    """
    session_holder(params["account_holder"])
    for index, feature in enumerate(params.get("prefetch", ())):
        if feature not in params["permissions"]:
            raise Refusal(
                message=f"To prefetch `{feature}`, ask for the permission `{feature}` too.",
                param=f"prefetch[{index}]",
            )


def create_session(
    state: State, merchant: Merchant, params: Mapping[str, Any]
) -> Session:
    """Open a session."""
    holder = session_holder(params["account_holder"])
    require_holder(state, merchant, params["account_holder"]["type"], holder)
    session_id = state.ids.new("fcsess")
    session = Session(
        id=session_id,
        client_secret=state.ids.new(f"{session_id}_secret"),
        holder=holder,
        permissions=tuple(dict.fromkeys(params["permissions"])),
        prefetch=tuple(dict.fromkeys(params.get("prefetch", ()))) or None,
        countries=tuple(params["filters"]["countries"])
        if "filters" in params
        else None,
        return_url=params.get("return_url"),
    )
    merchant.sessions[session_id] = session
    return session


def complete(
    state: State, merchant: Merchant, session: Session, accounts: Sequence[NewAccount]
) -> list[Account]:
    """Link the accounts, with the permissions of the session, and start what it
    prefetches.
    """
    if session.status != "open":
        raise ValueError(f"{session.id} is {session.status}")
    session.status = "completed"
    return [_collect(state, merchant, session, account) for account in accounts]


def cancel(session: Session) -> None:
    """Close an open session with nothing linked."""
    if session.status != "open":
        raise ValueError(f"{session.id} is {session.status}")
    session.status = "cancelled"


def _collect(
    state: State, merchant: Merchant, session: Session, new: NewAccount
) -> Account:
    account = link(state, merchant, session.holder, new)
    account.permissions, account.session = session.permissions, session.id
    session.accounts.append(account)
    state.emit("created", merchant, account)
    for feature in FEATURES:
        if PERMISSION_FOR[feature] in (session.prefetch or ()):
            start(state, merchant, account, feature)
    return account


def link(state: State, merchant: Merchant, holder: str, new: NewAccount) -> Account:
    """Add an account of which nothing has been fetched yet."""
    random = state.ids.stream("accounts")
    subcategory = new.subcategory or SUBCATEGORIES[new.category][0]
    balance = fiction.cents(random, new.category)
    last4 = fiction.last4(random)
    account = Account(
        id=state.ids.new("fca"),
        created=state.now,
        holder=holder,
        category=new.category,
        subcategory=subcategory,
        institution_name=new.institution_name,
        display_name=new.display_name or f"Sample {_title(subcategory, new.category)}",
        last4=last4 if new.last4 is None else new.last4,
        currency=new.currency,
        permissions=tuple(new.permissions),
        institution=Institution(
            balance=balance if new.balance is None else new.balance,
            owners=[fiction.person(random) for _ in range(new.owners)],
        ),
    )
    if new.transactions:
        account.institution.changes.append(
            history(state, merchant, account, new.transactions)
        )
    merchant.accounts.append(account)
    return account


def _title(subcategory: str, category: str) -> str:
    name = category if subcategory == "other" else subcategory
    return f"{name.replace('_', ' ').title()} Account"
