"""Rate and concurrency limits.

A rate is enforced by a token bucket, and by the sandbox's clock. Concurrent requests
are those that have been admitted, but not yet executed.

Source: https://docs.stripe.com/rate-limits
"""

from collections import Counter
from collections.abc import Hashable

from attrs import define, frozen

from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.rules import RateLimit, RateLimitReason


@define
class _Bucket:
    tokens: float
    filled_at: float

    def refill(self, rate: int, now: float) -> None:
        self.tokens = min(rate, self.tokens + (now - self.filled_at) * rate)
        self.filled_at = now


@frozen
class Permit:
    """Permission to run a request, which counts as running until it is released."""

    scopes: tuple[Hashable, ...]


class RateLimiter:
    """A limiter that rejects requests over the limits; None means no limits."""

    def __init__(self, limit: RateLimit | None) -> None:
        self._limit = limit
        self._buckets: dict[Hashable, _Bucket] = {}
        self._running: Counter[Hashable] = Counter()

    def acquire(
        self,
        *,
        key: str,
        merchant: str,
        operation: str | None,
        is_write: bool,
        now: float,
    ) -> Permit | None:
        """Return a permit, or raise a 429 error with the reason.

        A rejected request does not count towards any limit.

        Args:
            key: API key of the request.
            merchant: ID of the Stripe account that the request acts for.
            operation: OperationId of the request; None if its URL is unknown.
            is_write: True unless the method of the request is GET or HEAD.
            now: Current time, in seconds since the epoch.
        """
        limit = self._limit
        if limit is None:
            return None
        endpoint = (merchant, operation)
        running: list[tuple[Hashable, int | None, RateLimitReason]] = [
            (merchant, limit.concurrent, "global-concurrency"),
            (endpoint, limit.concurrent_per_endpoint, "endpoint-concurrency"),
        ]
        for scope, most, reason in running:
            if most is not None and self._running[scope] >= most:
                raise rate_limit_error(reason)
        rates: list[tuple[Hashable, int | None, RateLimitReason]] = [
            ((key, is_write), limit.writes if is_write else limit.reads, "global-rate"),
            (merchant, limit.total, "global-rate"),
            (endpoint, limit.per_endpoint, "endpoint-rate"),
        ]
        buckets: list[_Bucket] = []
        for scope, rate, reason in rates:
            if rate is not None:
                bucket = self._buckets.setdefault(scope, _Bucket(rate, now))
                bucket.refill(rate, now)
                if bucket.tokens < 1:
                    raise rate_limit_error(reason)
                buckets.append(bucket)
        for bucket in buckets:
            bucket.tokens -= 1
        permit = Permit((merchant, endpoint))
        self._running.update(permit.scopes)
        return permit

    def release(self, permit: Permit) -> None:
        """Stop counting a request as running."""
        self._running.subtract(permit.scopes)


def rate_limit_error(
    reason: RateLimitReason = "global-rate", *, retry_after: int | None = 1
) -> APIError:
    """Return a 429 error with its headers.

    Clients should not rely on `Retry-After` alone: Stripe has not always sent it.
    """
    headers = {"Stripe-Rate-Limited-Reason": reason, "Stripe-Should-Retry": "true"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return APIError(
        status=429,
        code="rate_limit",
        message="Too many requests in too short a time.",
        headers=headers,
    )
