"""Rate limits, with separate token buckets for the reads and writes of each key.

Source: https://docs.stripe.com/rate-limits
"""

from attrs import define

from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.rules import RateLimit


@define
class _Bucket:
    tokens: float
    filled_at: float


class RateLimiter:
    """A limiter that rejects requests over the limit; None means no limit."""

    def __init__(self, limit: RateLimit | None) -> None:
        self._limit = limit
        self._buckets: dict[tuple[str, bool], _Bucket] = {}

    def acquire(self, key: str, *, is_write: bool, now: float) -> None:
        """Take a token, or raise a 429 error."""
        if self._limit is None:
            return
        rate = self._limit.writes if is_write else self._limit.reads
        bucket = self._buckets.setdefault((key, is_write), _Bucket(rate, now))
        bucket.tokens = min(rate, bucket.tokens + (now - bucket.filled_at) * rate)
        bucket.filled_at = now
        if bucket.tokens < 1:
            raise rate_limit_error()
        bucket.tokens -= 1


def rate_limit_error(retry_after: int | None = 1) -> APIError:
    """Return a 429 error with its headers.

    Clients should not rely on `Retry-After` alone: Stripe has not always sent it.
    """
    headers = {
        "Stripe-Rate-Limited-Reason": "global-rate",
        "Stripe-Should-Retry": "true",
    }
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return APIError(
        status=429,
        code="rate_limit",
        message="Too many requests in too short a time.",
        headers=headers,
    )
