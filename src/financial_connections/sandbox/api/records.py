"""The data of a sandbox, as plain records.

The rules are in the other modules of this package, and the JSON format is in `render`.
"""

from collections.abc import Callable
from typing import Any, Literal, get_args

from attrs import Factory, define, field, frozen, validators

from financial_connections.sandbox.api.event_log import Event
from financial_connections.sandbox.api.pagination import Collection
from financial_connections.sandbox.api.terms import (
    AccountNumberType,
    Category,
    DeactivationCause,
    HolderKind,
    Permission,
    RelinkAction,
    Subcategory,
)
from financial_connections.sandbox.rules import Feature


@frozen
class Holder:
    """An account holder: a connected account, or a customer of the merchant.

    A `customer_account` is a customer that is represented by an account (`acct_…`).
    """

    kind: HolderKind
    id: str


@frozen
class UpcomingDeactivation:
    """A deactivation that an institution has announced for `date`."""

    date: int
    action: RelinkAction = field(validator=validators.in_(get_args(RelinkAction)))
    cause: DeactivationCause = field(
        validator=validators.in_(get_args(DeactivationCause))
    )


@define(eq=False)
class Authorization:
    """The login of an account holder at an institution, which its accounts share."""

    id: str
    holder: Holder
    institution_name: str
    upcoming: UpcomingDeactivation | None = None


@define(eq=False)
class AccountNumber:
    """An account number that payments can use while it is `transactable`."""

    type: AccountNumberType
    status: Literal["deactivated", "expired", "pending", "transactable"]
    expiry_date: int | None = None
    polls: int = 0

    @property
    def is_usable(self) -> bool:
        """True if payments can use the number, or will be able to use it soon."""
        return self.status in {"pending", "transactable"}


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
    """A linked account."""

    id: str
    created: int
    holder: Holder
    authorization: Authorization
    category: Category
    subcategory: Subcategory
    institution_name: str
    display_name: str
    last4: str
    currency: str
    permissions: tuple[Permission, ...]
    institution: InstitutionData
    status: Literal["active", "inactive", "disconnected"] = "active"
    subscription: object | None = None
    """Token of the current subscription. Jobs with any other token do nothing."""
    balance: Balance | None = None
    ownership: Ownership | None = None
    refreshes: dict[Feature, Refresh] = Factory(dict[Feature, Refresh])
    transaction_refreshes: dict[str, Refresh] = Factory(dict[str, Refresh])
    transactions: Collection[Transaction] = Factory(Collection[Transaction])
    attempts: int = 0
    number_type: AccountNumberType = "account_number"
    numbers: list[AccountNumber] | None = None
    """Account numbers, oldest first; None without the permission to retrieve them."""

    @property
    def supports_payments(self) -> bool:
        """True if payment methods can be created from the account."""
        numbers = self.numbers or ()
        return self.category == "cash" and (
            not numbers or any(number.is_usable for number in numbers)
        )


@frozen(kw_only=True)
class SessionFilters:
    """Restrictions on the accounts of a session; None means that there is none."""

    countries: tuple[str, ...] | None = None
    subcategories: tuple[Subcategory, ...] | None = None
    payments: Literal["all", "at_least_one", "none"] | None = None
    """How many of the accounts must support payments."""


@define(eq=False)
class Session:
    """A session, which is open until it is completed or cancelled."""

    id: str
    client_secret: str
    holder: Holder
    permissions: tuple[Permission, ...]
    prefetch: tuple[str, ...] | None
    filters: SessionFilters | None
    account_limit: int | None
    manual_entry: Literal["automatic", "disabled"] | None
    return_url: str | None
    status: Literal["open", "completed", "cancelled"] = "open"
    accounts: Collection[Account] = Factory(Collection[Account])
    bank_account_token: dict[str, Any] | None = field(default=None, repr=False)
    """Token of a bank account that the account holder entered, as JSON."""


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
    events: Collection[Event] = Factory(Collection[Event])
    connected: dict[str, "Merchant"] = Factory(dict[str, "Merchant"])
    customer_accounts: set[str] = Factory(set[str])
    authorizations: dict[tuple[Holder, str], Authorization] = Factory(
        dict[tuple[Holder, str], Authorization]
    )
    """Authorizations by account holder and institution."""
