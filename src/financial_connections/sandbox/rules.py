"""Options for behaviour that Stripe does not specify."""

from collections.abc import Set as AbstractSet
from typing import Any, Literal

from attrs import Attribute, field, frozen, validators

Feature = Literal["balance", "ownership", "transactions"]
"""Data to refresh. Note that the permission for `balance` is named `balances`."""


def at_least_one(_: object, attribute: "Attribute[Any]", value: int | None) -> None:
    """Raise `ValueError` if the number is less than one. None is valid."""
    if value is not None and value < 1:
        raise ValueError(f"{attribute.name} must be at least 1, not {value}")


@frozen(kw_only=True)
class RateLimit:
    """A rate limit that applies to each API key separately.

    A key can send a burst of `reads` GET requests, and then one every 1/`reads` seconds
    by the sandbox's clock. The same applies to `writes`. Stripe's test mode allows 25
    of each.

    Source: https://docs.stripe.com/rate-limits
    """

    reads: int = field(default=25, validator=at_least_one)
    """GET requests per second."""
    writes: int = field(default=25, validator=at_least_one)
    """POST requests per second."""


@frozen(kw_only=True)
class Rules:
    """Behaviour that Stripe does not document, or documents inconsistently."""

    refresh_seconds: float = field(default=5, validator=validators.ge(0))
    """How long a refresh takes, in seconds of sandbox time."""
    refresh_polls: int | None = field(default=2, validator=at_least_one)
    """Number of times an account must be retrieved before its refreshes finish.

    Refreshes then finish even if `refresh_seconds` have not passed, so polling works
    without advancing a frozen clock. With None, only `refresh_seconds` matters.
    """
    refresh_cooldown: float = field(default=60, validator=validators.ge(0))
    """Minimum interval between two balance or transaction refreshes of an account.

    It is measured from start to start, in seconds of sandbox time.
    """
    early_refresh: Literal["refuse", "join"] = "refuse"
    """Response to a refresh request that comes too early.

    A request is too early while a refresh is pending or before the next one is
    available. `"refuse"` responds with a 400, and `"join"` responds with the unchanged
    account.
    """
    missing_permission_status: Literal[400, 403] = 403
    """Status of the error response if an account lacks permission for a feature."""
    unknown_reference_status: Literal[400, 404] = 400
    """Status of the error response if a parameter refers to an unknown object.

    This applies to cursors, account holders and refreshes, among others.
    """
    repeated_disconnect: Literal["accept", "refuse"] = "accept"
    """Response to a request to disconnect an already disconnected account.

    `"accept"` responds with the account, and `"refuse"` responds with a 400.
    """
    data_after_disconnect: Literal["gone", "kept"] = "gone"
    """What happens to previously fetched data when an account is disconnected.

    With `"gone"`, reading the data results in a 400, as described by newer pages of
    Stripe's documentation. With `"kept"`, it stays readable, as described by older
    pages.
    """
    other_versions: AbstractSet[str] = frozenset()
    """Values of `Stripe-Version` to accept in addition to the contract's version.

    Responses still have the shape of the contract's version.
    """
    rate_limit: RateLimit | None = None
    """Rate limit for each API key; None means no limit.

    With a frozen clock, an exhausted limit recovers only when you call `advance`.
    """
