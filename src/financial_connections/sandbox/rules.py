"""Options for behaviour that Stripe does not specify."""

from collections.abc import Set as AbstractSet
from typing import Any, Literal, Self

from attrs import Attribute, field, frozen, validators

Feature = Literal["balance", "ownership", "transactions"]
"""Data to refresh. Note that the permission for `balance` is named `balances`."""

RateLimitReason = Literal[
    "global-rate",
    "endpoint-rate",
    "global-concurrency",
    "endpoint-concurrency",
    "resource-specific",
]
"""Limit that a request exceeded, as named by `Stripe-Rate-Limited-Reason`."""


def at_least_one(_: object, attribute: "Attribute[Any]", value: int | None) -> None:
    """Raise `ValueError` unless the value is a positive integer or None."""
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    if value is not None and not (is_integer and value >= 1):
        raise ValueError(
            f"{attribute.name} must be an integer of at least 1, not {value!r}"
        )


@frozen(kw_only=True)
class RateLimits:
    """Limits on the number of requests; each is off if it is None.

    Use `test_mode` or `live_mode` for the limits that Stripe documents, and
    `attrs.evolve` to change some of them.

    A limit of 25 requests per second allows a burst of 25 requests, and then one every
    1/25 seconds by the sandbox's clock.

    Source: https://docs.stripe.com/rate-limits
    """

    total: int | None = field(default=None, validator=at_least_one)
    """Requests per second for one Stripe account, with all its API keys together."""
    per_endpoint: int | None = field(default=None, validator=at_least_one)
    """Requests per second for one Stripe account to each operation."""
    per_resource: int | None = field(default=None, validator=at_least_one)
    """Requests per second for each object whose ID is in the URL."""
    reads: int | None = field(default=None, validator=at_least_one)
    """GET requests per second with one API key."""
    writes: int | None = field(default=None, validator=at_least_one)
    """POST requests per second with one API key."""
    concurrent: int | None = field(default=None, validator=at_least_one)
    """Requests for one Stripe account that may run at the same time."""
    concurrent_per_endpoint: int | None = field(default=None, validator=at_least_one)
    """Requests for one Stripe account to each operation that may run at the same time.
    """
    retry_after: int | None = field(default=None, validator=at_least_one)
    """Value of the `Retry-After` header of a 429, in seconds; None omits the header.

    Stripe does not document that it sends one.
    """

    @classmethod
    def test_mode(cls) -> Self:
        """Return Stripe's limits in test mode: 25 requests per second in total."""
        return cls(total=25, per_endpoint=25)

    @classmethod
    def live_mode(cls) -> Self:
        """Return Stripe's limits in live mode: 100 per second, 25 to each operation.

        Stripe does not document how many requests may run at the same time.
        """
        return cls(total=100, per_endpoint=25)


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
    """Minimum interval between two refreshes of the same feature of an account.

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
    """Values of `Stripe-Version` to accept in addition to those that Stripe published.

    Responses have the shape of the contract's version.
    """
    rate_limits: RateLimits = RateLimits()
    """Limits on the number of requests; none by default.

    With a frozen clock, an exhausted limit recovers only when you call `advance`. Set
    `Sandbox.rate_limits` to change the limits later.
    """
