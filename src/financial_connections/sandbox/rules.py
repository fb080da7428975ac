"""What Stripe leaves open, as options with a default."""

from collections.abc import Set as AbstractSet
from typing import Any, Literal

from attrs import Attribute, field, frozen, validators

Feature = Literal["balance", "ownership", "transactions"]
"""What can be refreshed. Mind the trap: the feature is `balance`, the permission
`balances`.
"""


def at_least_one(_: object, attribute: "Attribute[Any]", value: int | None) -> None:
    """Refuse a count below one; None is no count."""
    if value is not None and value < 1:
        raise ValueError(f"{attribute.name} must be at least 1, not {value}")


@frozen(kw_only=True)
class RateLimit:
    """Requests a second for each key: a burst of as many, then one each 1/n seconds of
    the sandbox's clock.

    Stripe's test mode allows 25 and 25. https://docs.stripe.com/rate-limits
    """

    reads: int = field(default=25, validator=at_least_one)
    writes: int = field(default=25, validator=at_least_one)


@frozen(kw_only=True)
class Rules:
    """Behaviour that Stripe does not document, documents twice, or leaves to the
    institution.
    """

    refresh_seconds: float = field(default=5, validator=validators.ge(0))
    """Clock seconds until the institution answers a refresh."""
    refresh_polls: int | None = field(default=2, validator=at_least_one)
    """A refresh is also done when its account is retrieved this many times; None: time
    alone counts. So a client that polls need not wait, and a frozen clock need not be
    advanced."""
    refresh_cooldown: float = field(default=60, validator=validators.ge(0))
    """Seconds from the start of a balance or transaction refresh until the next one is
    available.
    """
    early_refresh: Literal["refuse", "join"] = "refuse"
    """A refresh while one runs, or before the next is available: a 400, or the account
    as it is.
    """
    missing_permission_status: Literal[400, 403] = 403
    """The status when an account lacks the permission for a feature."""
    unknown_reference_status: Literal[400, 404] = 400
    """The status when a parameter (a cursor, a customer, a refresh) names an object
    that does not exist.
    """
    repeated_disconnect: Literal["accept", "refuse"] = "accept"
    """Disconnecting a disconnected account: the account once more, or a 400."""
    data_after_disconnect: Literal["gone", "kept"] = "gone"
    """Whether data fetched earlier can still be read; Stripe's newer text says it
    cannot.
    """
    other_versions: AbstractSet[str] = frozenset()
    """Values of `Stripe-Version` to accept beside the contract's. They get the
    contract's shape all the same.
    """
    rate_limit: RateLimit | None = None
    """Off unless given: with a frozen clock a spent limit only comes back by `advance`.
    """
