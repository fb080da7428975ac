"""Linking of accounts, with or without a session."""

import re
from collections.abc import Iterable, Sequence

from attrs import field, frozen, validators

from financial_connections.sandbox.api import fakes, numbers
from financial_connections.sandbox.api.accounts import change_status
from financial_connections.sandbox.api.authorizations import log_in
from financial_connections.sandbox.api.currencies import convert, currency_of
from financial_connections.sandbox.api.holders import find_holder
from financial_connections.sandbox.api.records import (
    Account,
    Holder,
    InstitutionData,
    Merchant,
)
from financial_connections.sandbox.api.refreshes import refresh_now
from financial_connections.sandbox.api.state import State
from financial_connections.sandbox.api.terms import (
    PERMISSIONS,
    SUBCATEGORIES,
    Category,
    Permission,
    Subcategory,
)
from financial_connections.sandbox.api.transactions import history
from financial_connections.sandbox.rules import Feature


@frozen(kw_only=True)
class NewAccount:
    """An account to link, and the data that its institution has for it.

    Raises:
        TypeError: `history_days` is not an integer.
        ValueError: The category, subcategory or permissions do not exist, `currency` is
            not a code in lower case, or `history_days` is out of range.
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
    currency: str | None = None
    """Three-letter currency code in lower case, in whose smallest unit all amounts are.
    None means the currency of the institution's country.
    """
    permissions: Sequence[Permission] = PERMISSIONS
    """Permissions that the account holder grants; sessions use their own instead."""
    balance: int | None = None
    """Balance in the currency's smallest unit; None means a random balance."""
    transactions: int = 0
    """Number of transactions."""
    history_days: int = field(
        default=180,
        validator=[validators.instance_of(int), validators.ge(1), validators.le(3_650)],
    )
    """Number of days, at most 3,650, over which the transactions are spread evenly."""
    owners: int = 1
    """Number of owners."""
    tokenized: bool = False
    """If true, the institution issues a tokenized account number, which can expire."""

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
        if not re.fullmatch("[a-z]{3}", self.currency or "usd"):
            raise ValueError(
                "currency must be three lower-case letters, such as 'eur',"
                f" not {self.currency!r}"
            )
        if unknown := set(self.permissions) - set(PERMISSIONS):
            raise ValueError(
                f"permissions must be among {', '.join(PERMISSIONS)},"
                f" not {min(unknown)!r}"
            )


def add_account(
    state: State,
    merchant: Merchant,
    holder_id: str,
    new: NewAccount,
    features: Iterable[Feature],
) -> str:
    """Link an account without a session, refresh features, and return its ID."""
    account = link(state, merchant, find_holder(merchant, holder_id), new)
    if "payment_method" in account.permissions:
        numbers.issue(state, merchant, account, confirmed=True)
    state.emit("created", merchant, account)
    for feature in features:
        refresh_now(state, merchant, account, feature)
    return account.id


def link(state: State, merchant: Merchant, holder: Holder, new: NewAccount) -> Account:
    """Link an account without fetching its data."""
    random = state.ids.stream("accounts")
    subcategory = new.subcategory or SUBCATEGORIES[new.category][0]
    currency = new.currency or currency_of(new.institution_name)
    balance = convert(fakes.cents(random, new.category), currency)
    last4 = fakes.last4(random)
    account = Account(
        id=state.ids.new("fca"),
        created=state.now,
        holder=holder,
        authorization=log_in(state, merchant, holder, new.institution_name),
        category=new.category,
        subcategory=subcategory,
        institution_name=new.institution_name,
        display_name=new.display_name or f"Sample {_title(subcategory, new.category)}",
        last4=last4 if new.last4 is None else new.last4,
        currency=currency,
        permissions=tuple(new.permissions),
        number_type="tokenized_account_number" if new.tokenized else "account_number",
        institution=InstitutionData(
            balance=balance if new.balance is None else new.balance,
            owners=[fakes.person(random) for _ in range(new.owners)],
        ),
    )
    if new.transactions:
        account.institution.changes.append(
            history(state, merchant, account, new.transactions, new.history_days)
        )
    merchant.accounts.append(account)
    return account


def accounts_to_renew(merchant: Merchant, holder: Holder) -> list[Account]:
    """Return the accounts that their holder should link again, oldest first."""
    return [
        account
        for account in merchant.accounts
        if account.holder == holder
        and account.status != "disconnected"
        and (
            account.status == "inactive"
            or account.authorization.upcoming is not None
            or not numbers.are_lasting(account)
        )
    ]


def find_account(merchant: Merchant, holder: Holder, account_id: str) -> Account:
    """Return a linked account that its holder can link again."""
    account = merchant.accounts.get(account_id)
    if account is None or account.holder != holder:
        raise LookupError(f"{holder.id} has no account {account_id}")
    if account.status == "disconnected":
        raise ValueError(f"{account_id} is permanently disconnected")
    return account


def link_again(state: State, merchant: Merchant, account: Account) -> None:
    """Reactivate an account whose holder has logged in at the institution again."""
    log_in(state, merchant, account.holder, account.institution_name)
    change_status(state, merchant, account, "active")
    numbers.renew(state, merchant, account)


def _title(subcategory: str, category: str) -> str:
    name = category if subcategory == "other" else subcategory
    return f"{name.replace('_', ' ').title()} Account"
