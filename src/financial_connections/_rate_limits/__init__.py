"""Limits on the rate of requests."""

from typing import Any

from attrs import define, field

from financial_connections._base_url import is_loopback
from financial_connections._checks import is_async_callable, positive_number
from financial_connections._rate_limits.adaptive import (
    AdaptivePermit,
    AdaptiveRateLimit,
    Throttle,
)
from financial_connections._rate_limits.fixed import FixedRateLimit
from financial_connections._rate_limits.protocol import Mode, RateLimit, RateRequest
from financial_connections._redact import Secret
from financial_connections._settings import Settings
from financial_connections.errors import ConfigurationError

__all__ = [
    "AdaptivePermit",
    "Mode",
    "RateLimit",
    "RateLimits",
    "RateRequest",
    "Throttle",
    "rate_limits_from",
]

_MAX_KEYS = 1_000


@define(eq=False)
class RateLimits:
    """The rate limits of a client and its derived clients.

    Stripe limits the requests of a Stripe account, whereas there is an adaptive limit
    for each API key, because a key does not show which account it belongs to. If two
    keys belong to the same account, their limits adapt to each other.
    """

    shared: RateLimit | None = None
    """The limit for all keys; None for an adaptive limit for each key."""
    _adaptive: dict[tuple[Secret, str], RateLimit] = field(
        factory=dict, init=False, repr=False
    )
    _latest: tuple[RateLimit, Mode] = field(init=False, repr=False)
    _latest_settings: Settings | None = field(default=None, init=False, repr=False)

    def limit_for(self, settings: Settings) -> tuple[RateLimit, Mode]:
        """Return the limit for a call with these settings, and the mode of its key."""
        # Most calls have the settings of their client.
        if settings is not self._latest_settings:
            limit = self.shared
            if limit is None:
                limit = self._adaptive_limit(settings)
            self._latest = limit, _mode_of(settings.api_key)
            self._latest_settings = settings
        return self._latest

    def have_room(self, settings: Settings, method: str, url_template: str) -> bool:
        """Return whether a request can be sent at once without delaying others.

        A limit of any other kind than the adaptive one does not show its room.
        """
        limit, mode = self.limit_for(settings)
        account = settings.stripe_account or settings.stripe_context
        request = RateRequest(method, url_template, account, mode, 1)
        return isinstance(limit, AdaptiveRateLimit) and limit.permit(request).has_room

    def _adaptive_limit(self, settings: Settings) -> RateLimit:
        key = settings.api_key, settings.base_url
        limit = self._adaptive.get(key)
        if limit is None:
            while len(self._adaptive) >= _MAX_KEYS:
                del self._adaptive[next(iter(self._adaptive))]
            # Stripe's limits do not apply to a server on this machine. If it is a
            # sandbox that enforces them, they are known after the first 429.
            is_documented = not is_loopback(settings.base_url)
            limit = self._adaptive[key] = AdaptiveRateLimit(is_documented=is_documented)
        return limit


def rate_limits_from(value: Any) -> RateLimits | None:
    """Return the rate limits for the `rate_limit` of a client.

    Raises:
        ConfigurationError: It is neither `"adaptive"`, nor a positive number, nor an
            object with a method `permit`, nor None.
    """
    if value is None:
        return None
    if isinstance(value, str):
        if value != "adaptive":
            raise ConfigurationError(
                'rate_limit must be "adaptive", a number, a RateLimit or None'
            )
        return RateLimits()
    if isinstance(value, RateLimit) and not isinstance(value, type):
        if is_async_callable(value.permit):
            raise ConfigurationError(
                "the permit method of a rate_limit must not be async: it returns an "
                "async context manager"
            )
        return RateLimits(value)
    return RateLimits(FixedRateLimit(positive_number("rate_limit", value)))


def _mode_of(api_key: Secret) -> Mode:
    """Return the mode of an API key, according to its prefix."""
    return "live" if "_live_" in api_key.reveal()[:12] else "test"
