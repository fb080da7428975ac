"""The data of a sandbox, as plain records.

The rules are in the other modules of this package, and the JSON format is in `render`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from attrs import Factory, define

from financial_connections.sandbox.api.pagination import Collection
from financial_connections.sandbox.rules import Feature

Category = Literal["cash", "credit", "investment", "other"]
Subcategory = Literal[
    "checking", "savings", "mortgage", "line_of_credit", "credit_card", "other"
]
Permission = Literal["balances", "ownership", "payment_method", "transactions"]

SUBCATEGORIES: dict[Category, tuple[Subcategory, ...]] = {
    "cash": ("checking", "savings", "other"),
    "credit": ("credit_card", "mortgage", "line_of_credit", "other"),
    "investment": ("other",),
    "other": ("other",),
}
"""Subcategories of each category. The first is the default."""

PERMISSION_FOR: dict[Feature, Permission] = {
    "balance": "balances",
    "ownership": "ownership",
    "transactions": "transactions",
}
PERMISSIONS: tuple[Permission, ...] = (
    "balances",
    "ownership",
    "payment_method",
    "transactions",
)
FEATURES: tuple[Feature, ...] = ("balance", "ownership", "transactions")


@define
class Person:
    """Personal data of an owner, as held by the institution."""

    name: str
    email: str
    phone: str
    address: str


@define
class Owner:
    """An owner in one snapshot of an account's ownership."""

    id: str
    ownership: str
    person: Person
    refreshed_at: int


@define
class Ownership:
    """A snapshot of the owners of an account."""

    id: str
    account: str
    created: int
    owners: Collection[Owner] = Factory(Collection[Owner])


@define
class Balance:
    """A balance in cents, which is negative if the account holder owes money."""

    as_of: int
    current: int
    currency: str


@define(eq=False)
class Refresh:
    """An attempt to fetch a feature. `number` counts the account's attempts."""

    number: int
    last_attempted_at: int
    id: str | None = None
    status: Literal["pending", "succeeded", "failed"] = "pending"
    next_available_at: int | None = None
    polls: int = 0


@define(eq=False)
class Transaction:
    """A transaction. `refresh` is the attempt that created or last changed it."""

    id: str
    account: str
    amount: int
    currency: str
    description: str
    transacted_at: int
    updated: int
    refresh: Refresh
    status: Literal["pending", "posted", "void"] = "posted"
    posted_at: int | None = None
    void_at: int | None = None


Change = Callable[[Refresh], None]
"""A change to the transactions of an account, applied by a refresh."""


@define(eq=False)
class InstitutionData:
    """Data that the institution holds, whether or not it has been fetched yet."""

    balance: int
    owners: list[Person] = Factory(list[Person])
    changes: list[Change] = Factory(list[Change])
    """Changes to transactions, to be applied by the next successful refresh."""
    failing: set[Feature] = Factory(set[Feature])
    """Features whose refreshes fail."""


@define(eq=False)
class Account:
    """A linked account. `holder` is the ID of a customer or connected account."""

    id: str
    created: int
    holder: str
    category: Category
    subcategory: Subcategory
    institution_name: str
    display_name: str
    last4: str
    currency: str
    permissions: tuple[Permission, ...]
    institution: InstitutionData
    session: str | None = None
    status: Literal["active", "inactive", "disconnected"] = "active"
    subscription: object | None = None
    """Token of the current subscription. Jobs with any other token do nothing."""
    balance: Balance | None = None
    ownership: Ownership | None = None
    refreshes: dict[Feature, Refresh] = Factory(dict[Feature, Refresh])
    transaction_refreshes: dict[str, Refresh] = Factory(dict[str, Refresh])
    transactions: Collection[Transaction] = Factory(Collection[Transaction])
    attempts: int = 0


@define(eq=False)
class Session:
    """A session, which is open until it is completed or cancelled."""

    id: str
    client_secret: str
    holder: str
    permissions: tuple[Permission, ...]
    prefetch: tuple[str, ...] | None
    filters: Mapping[str, Any] | None
    return_url: str | None
    status: Literal["open", "completed", "cancelled"] = "open"
    accounts: Collection[Account] = Factory(Collection[Account])


@define
class Customer:
    """A customer of the merchant."""

    id: str
    created: int
    email: str | None
    name: str | None


@define(eq=False)
class Merchant:
    """A Stripe account and its objects, which are invisible to other accounts' keys."""

    id: str
    created: int
    customers: dict[str, Customer] = Factory(dict[str, Customer])
    accounts: Collection[Account] = Factory(Collection[Account])
    sessions: dict[str, Session] = Factory(dict[str, Session])
    ownerships: dict[str, Ownership] = Factory(dict[str, Ownership])
    transactions: dict[str, Transaction] = Factory(dict[str, Transaction])
    connected: dict[str, "Merchant"] = Factory(dict[str, "Merchant"])
