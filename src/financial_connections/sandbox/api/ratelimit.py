"""Rate limits: a bucket of tokens for each key, reads and writes apart.
https://docs.stripe.com/rate-limits
"""

from attrs import define

from financial_connections.sandbox.api.errors import Refusal
from financial_connections.sandbox.rules import RateLimit


@define
class _Bucket:
    tokens: float
    filled_at: float


class RateLimiter:
    """Refuses what goes over the limit; without a limit, nothing."""

    def __init__(self, limit: RateLimit | None) -> None:
        self._limit = limit
        self._buckets: dict[tuple[str, bool], _Bucket] = {}

    def spend(self, key: str, *, is_write: bool, now: float) -> None:
        """Take a token, or refuse with 429."""
        if self._limit is None:
            return
        rate = self._limit.writes if is_write else self._limit.reads
        bucket = self._buckets.setdefault((key, is_write), _Bucket(rate, now))
        bucket.tokens = min(rate, bucket.tokens + (now - bucket.filled_at) * rate)
        bucket.filled_at = now
        if bucket.tokens < 1:
            raise rate_limited()
        bucket.tokens -= 1


def rate_limited(retry_after: int | None = 1) -> Refusal:
    """Return the 429 with its headers. The status and the reason are the lasting hints."""
    headers = {
        "Stripe-Rate-Limited-Reason": "global-rate",
        "Stripe-Should-Retry": "true",
    }
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return Refusal(
        status=429,
        code="rate_limit",
        message="Too many requests in too little time.",
        headers=headers,
    )
