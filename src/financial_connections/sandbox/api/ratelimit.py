"""Rate and concurrency limits.

A rate is enforced by a token bucket, and by the sandbox's clock. Concurrent requests
are those that have been admitted, but not yet executed.

Source: https://docs.stripe.com/rate-limits
"""

from collections import Counter
from collections.abc import Hashable, Iterator

from attrs import define, frozen

from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.rules import RateLimitReason, RateLimits

RATE_LIMIT_REASON = "Stripe-Rate-Limited-Reason"
"""Header with the `RateLimitReason` of a 429."""

Scope = tuple[str, Hashable]
"""The name of one of the `RateLimits`, and the key, account or object it limits."""


@define
class _Bucket:
    rate: int
    tokens: float
    filled_at: float

    def refill(self, now: float) -> None:
        tokens = self.tokens + (now - self.filled_at) * self.rate
        self.tokens = min(self.rate, tokens)
        self.filled_at = now


@frozen(kw_only=True)
class LimitedRequest:
    """The attributes of a request that determine which limits apply to it."""

    key: str
    """API key."""
    merchant: str
    """ID of the Stripe account that the request acts for."""
    operation: str | None
    """OperationId; None if the URL is unknown."""
    resource: str | None
    """ID of the object that the URL names, if any."""
    is_write: bool
    """True unless the method is GET or HEAD."""

    def rates(self) -> Iterator[tuple[Scope, RateLimitReason]]:
        """Yield the limits on the rate of requests."""
        yield ("writes" if self.is_write else "reads", self.key), "global-rate"
        yield ("total", self.merchant), "global-rate"
        yield ("per_endpoint", (self.merchant, self.operation)), "endpoint-rate"
        if self.resource is not None:
            resource = (self.merchant, self.resource)
            yield ("per_resource", resource), "resource-specific"

    def concurrencies(self) -> Iterator[tuple[Scope, RateLimitReason]]:
        """Yield the limits on concurrent requests."""
        yield ("concurrent", self.merchant), "global-concurrency"
        endpoint = (self.merchant, self.operation)
        yield ("concurrent_per_endpoint", endpoint), "endpoint-concurrency"


@frozen
class Permit:
    """Permission to run a request, which counts as running until it is released."""

    scopes: tuple[Scope, ...]


class RateLimiter:
    """A limiter that rejects requests over the limits."""

    def __init__(self, limits: RateLimits) -> None:
        self.limits = limits
        self._buckets: dict[Scope, _Bucket] = {}
        self._running: Counter[Scope] = Counter()

    def change(self, limits: RateLimits, now: float) -> None:
        """Replace the limits.

        Previous requests count towards the new limits, except for one that was off.

        Args:
            limits: New limits.
            now: Current time, in seconds.
        """
        self.limits = limits
        for scope, bucket in list(self._buckets.items()):
            bucket.refill(now)  # at the old rate
            rate = self._limit(scope)
            if rate is None:
                del self._buckets[scope]
            else:
                bucket.rate = rate

    def acquire(self, request: LimitedRequest, now: float) -> Permit:
        """Return a permit, or raise a 429 error with the reason.

        A rejected request does not count towards any limit.

        Args:
            request: Request to admit.
            now: Current time, in seconds.
        """
        permit = Permit(tuple(scope for scope, _ in request.concurrencies()))
        for scope, reason in request.concurrencies():
            most = self._limit(scope)
            if most is not None and self._running[scope] >= most:
                raise self._error(reason)
        buckets: list[_Bucket] = []
        for scope, reason in request.rates():
            rate = self._limit(scope)
            if rate is not None:
                bucket = self._buckets.setdefault(scope, _Bucket(rate, rate, now))
                bucket.refill(now)
                if bucket.tokens < 1:
                    raise self._error(reason)
                buckets.append(bucket)
        for bucket in buckets:
            bucket.tokens -= 1
        self._running.update(permit.scopes)
        return permit

    def release(self, permit: Permit) -> None:
        """Stop counting a request as running."""
        self._running.subtract(permit.scopes)

    def _limit(self, scope: Scope) -> int | None:
        limit: int | None = getattr(self.limits, scope[0])
        return limit

    def _error(self, reason: RateLimitReason) -> APIError:
        return rate_limit_error(reason, retry_after=self.limits.retry_after)


def rate_limit_error(reason: RateLimitReason, *, retry_after: int | None) -> APIError:
    """Return a 429 error with its headers."""
    headers = {RATE_LIMIT_REASON: reason, "Stripe-Should-Retry": "true"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return APIError(
        status=429,
        code="rate_limit",
        message="Too many requests in too short a time.",
        headers=headers,
    )
