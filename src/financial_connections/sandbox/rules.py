"""Options for behaviour that Stripe does not specify."""

from collections.abc import Set as AbstractSet
from typing import Any, Literal

from attrs import Attribute, field, frozen, validators

Feature = Literal["balance", "ownership", "transactions"]
"""Data to refresh. The feature is called `balance`, but the permission `balances`."""


def at_least_one(_: object, attribute: "Attribute[Any]", value: int | None) -> None:
    """Raise `ValueError` for a number below one; None is valid."""
    if value is not None and value < 1:
        raise ValueError(f"{attribute.name} must be at least 1, not {value}")


@frozen(kw_only=True)
class RateLimit:
    """A rate limit for each API key.

    A key can send `reads` requests at once and then one every 1/`reads` seconds of
    the sandbox's clock, and likewise for `writes`. Stripe's test mode allows 25 of
    each.

    Source: https://docs.stripe.com/rate-limits
    """

    reads: int = field(default=25, validator=at_least_one)
    """GET requests per second."""
    writes: int = field(default=25, validator=at_least_one)
    """POST requests per second."""


@frozen(kw_only=True)
class Rules:
    """Behaviour on which Stripe's documentation is silent or contradicts itself."""

    refresh_seconds: float = field(default=5, validator=validators.ge(0))
    """Seconds of the clock until a refresh finishes."""
    refresh_polls: int | None = field(default=2, validator=at_least_one)
    """A refresh also finishes when its account has been retrieved this many times.

    This way, a client that polls does not wait, and you need not advance a frozen
    clock. With None, only `refresh_seconds` counts.
    """
    refresh_cooldown: float = field(default=60, validator=validators.ge(0))
    """Seconds from the start of a balance or transaction refresh until the next one is
    available.
    """
    early_refresh: Literal["refuse", "join"] = "refuse"
    """Response to a refresh while one is pending or before the next is available.

    `"refuse"` responds with 400, `"join"` with the account as it is.
    """
    missing_permission_status: Literal[400, 403] = 403
    """Status of the error if an account lacks the permission for a feature."""
    unknown_reference_status: Literal[400, 404] = 400
    """Status of the error if a parameter names an object that does not exist.

    Such parameters are cursors, account holders and refreshes.
    """
    repeated_disconnect: Literal["accept", "refuse"] = "accept"
    """Response to disconnecting a disconnected account.

    `"accept"` responds with the account, `"refuse"` with 400.
    """
    data_after_disconnect: Literal["gone", "kept"] = "gone"
    """Effect of a disconnect on data fetched earlier.

    With `"gone"`, reading it responds with 400, as newer pages of Stripe's
    documentation say. With `"kept"`, it can still be read, as older pages say.
    """
    other_versions: AbstractSet[str] = frozenset()
    """Values of `Stripe-Version` to accept in addition to the version of the contract.

    Responses have the shape of the contract's version nevertheless.
    """
    rate_limit: RateLimit | None = None
    """Rate limit of each key, or None for no limit.

    With a frozen clock, a limit recovers only when you call `advance`.
    """
