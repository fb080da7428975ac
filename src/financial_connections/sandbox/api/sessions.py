"""Sessions, in which account holders link accounts.

A session is open until the account holder consents (`complete`) or declines
(`cancel`). It contains its accounts once it is completed.

Source: https://docs.stripe.com/api/financial_connections/sessions
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from financial_connections.sandbox.api import fakes
from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.api.holders import require_holder, session_holder
from financial_connections.sandbox.api.records import (
    FEATURES,
    PERMISSION_FOR,
    PERMISSIONS,
    SUBCATEGORIES,
    Account,
    Category,
    InstitutionData,
    Merchant,
    Permission,
    Session,
    Subcategory,
)
from financial_connections.sandbox.api.refreshes import refresh_now, start
from financial_connections.sandbox.api.state import State
from financial_connections.sandbox.api.transactions import history
from financial_connections.sandbox.rules import Feature


@frozen(kw_only=True)
class NewAccount:
    """An account to link, and the data that its institution has for it.

    Raises:
        ValueError: The category, subcategory or permissions do not exist.
    """

    category: Category = "cash"
    """Broad type of the account."""
    subcategory: Subcategory | None = None
    """Specific type of the account; None means the most common one."""
    institution_name: str = "Example Bank"
    """Name of the institution."""
    display_name: str | None = None
    """Name of the account; None means a name based on its type."""
    last4: str | None = None
    """Last four digits of the account number; None means random digits."""
    currency: str = "usd"
    """Three-letter currency code in lower case."""
    permissions: Sequence[Permission] = PERMISSIONS
    """Permissions that the account holder grants; sessions use their own instead."""
    balance: int | None = None
    """Balance in cents; None means a random balance."""
    transactions: int = 0
    """Number of transactions."""
    owners: int = 1
    """Number of owners."""

    def __attrs_post_init__(self) -> None:
        allowed = SUBCATEGORIES.get(self.category)
        if allowed is None:
            raise ValueError(
                f"category must be one of {', '.join(SUBCATEGORIES)},"
                f" not {self.category!r}"
            )
        if self.subcategory not in {None, *allowed}:
            raise ValueError(
                f"subcategory of {self.category} must be one of {', '.join(allowed)},"
                f" not {self.subcategory!r}"
            )
        if unknown := set(self.permissions) - set(PERMISSIONS):
            raise ValueError(
                f"permissions must be among {', '.join(PERMISSIONS)},"
                f" not {min(unknown)!r}"
            )


def check_session(params: Mapping[str, Any]) -> None:
    """Reject invalid combinations of parameters, which the schema cannot express."""
    session_holder(params["account_holder"])
    for index, feature in enumerate(params.get("prefetch", ())):
        if feature not in params["permissions"]:
            raise APIError(
                message=f"Prefetching `{feature}` requires the permission `{feature}`.",
                param=f"prefetch[{index}]",
            )


def create_session(
    state: State, merchant: Merchant, params: Mapping[str, Any]
) -> Session:
    """Create an open session."""
    holder = session_holder(params["account_holder"])
    require_holder(state, merchant, params["account_holder"]["type"], holder)
    session_id = state.ids.new("fcsess")
    session = Session(
        id=session_id,
        client_secret=state.ids.new(f"{session_id}_secret"),
        holder=holder,
        permissions=tuple(dict.fromkeys(params["permissions"])),
        prefetch=tuple(dict.fromkeys(params.get("prefetch", ()))) or None,
        filters=params.get("filters"),
        return_url=params.get("return_url"),
    )
    merchant.sessions[session_id] = session
    return session


def open_sessions(state: State) -> list[Session]:
    """Return the open sessions of all merchants, oldest first."""
    return [session for session in _all_sessions(state) if session.status == "open"]


def session_by_secret(state: State, client_secret: str) -> Session | None:
    """Return the session with this client secret, or None."""
    for session in _all_sessions(state):
        if session.client_secret == client_secret:
            return session
    return None


def _all_sessions(state: State) -> list[Session]:
    return [
        session
        for merchant in state.merchants
        for session in merchant.sessions.values()
    ]


def complete(
    state: State, merchant: Merchant, session: Session, accounts: Sequence[NewAccount]
) -> list[Account]:
    """Link accounts with the session's permissions, and start prefetching."""
    if session.status != "open":
        raise ValueError(f"{session.id} is {session.status}")
    session.status = "completed"
    return [_collect(state, merchant, session, account) for account in accounts]


def cancel(session: Session) -> None:
    """Close an open session without linking an account."""
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


def add_account(
    state: State,
    merchant: Merchant,
    holder: str,
    new: NewAccount,
    features: Iterable[Feature],
) -> str:
    """Link an account without a session, refresh features, and return its ID."""
    if holder not in {*merchant.customers, *merchant.connected}:
        raise LookupError(f"no customer {holder}: call add_customer() first")
    account = link(state, merchant, holder, new)
    state.emit("created", merchant, account)
    for feature in features:
        refresh_now(state, merchant, account, feature)
    return account.id


def link(state: State, merchant: Merchant, holder: str, new: NewAccount) -> Account:
    """Link an account without fetching its data."""
    random = state.ids.stream("accounts")
    subcategory = new.subcategory or SUBCATEGORIES[new.category][0]
    balance = fakes.cents(random, new.category)
    last4 = fakes.last4(random)
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
        institution=InstitutionData(
            balance=balance if new.balance is None else new.balance,
            owners=[fakes.person(random) for _ in range(new.owners)],
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
