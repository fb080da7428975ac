"""Decide whether and when to retry a request.

Pure: the caller provides the time and the random number.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MIN_DELAY = 0.05
"""Shortest delay, in seconds. Without it, a call could use up all its attempts during
an outage of a tenth of a second.
"""
FIRST_DELAY = 0.5
MAX_DELAY = 8.0
MAX_RETRY_AFTER = 60.0
"""Longest `Retry-After`, in seconds, to honor if the call has no deadline."""
RATE_WINDOW = 1.0
"""Seconds over which Stripe counts requests: https://docs.stripe.com/rate-limits"""

_RETRYABLE_CONFLICTS = {"lock_timeout", "idempotency_key_in_use"}


def is_retryable_status(
    status: int, code: str | None, headers: Mapping[str, str]
) -> bool:
    """Return whether a retry may succeed after a status other than 2xx.

    `Stripe-Should-Retry` takes precedence. For example, a 500 stored under its
    idempotency key would only be replayed.
    """
    should_retry = headers.get("stripe-should-retry")
    if should_retry in {"true", "false"}:
        return should_retry == "true"
    if status == 409:  # noqa: PLR2004
        return code in _RETRYABLE_CONFLICTS
    return status == 429 or status >= 500  # noqa: PLR2004


def retry_after_from(
    headers: Mapping[str, str], now: datetime | None = None
) -> float | None:
    """Return the delay in a `Retry-After` header, in seconds.

    A date is compared with the response's own `Date`, because the clocks of the server
    and the client may differ.

    Args:
        headers: Headers of the response, keyed by lower-case name.
        now: Current time, used if the response has no `Date`. Defaults to the system
            clock.

    Returns:
        None if the header is missing, repeated, invalid or negative.
    """
    value = headers.get("retry-after", "").strip()
    # Values of more than nine digits are invalid.
    if value.isascii() and value.isdigit() and len(value) < 10:  # noqa: PLR2004
        return float(value)
    try:
        date = parsedate_to_datetime(value)
        sent_at = _date(headers) or now or datetime.now(UTC)
        seconds = (date - sent_at).total_seconds()
    except (ValueError, TypeError, OverflowError):  # invalid, or without a time zone
        return None
    return seconds if seconds >= 0 else None


def _date(headers: Mapping[str, str]) -> datetime | None:
    try:
        date = parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return date if date.tzinfo else None


def minimum_delay(status: int, code: str | None, headers: Mapping[str, str]) -> float:
    """Return the delay, in seconds, below which a retry is pointless.

    Rate limits are counted per second, whereas a lock or a concurrency slot is released
    as soon as another request ends.

    Source: https://docs.stripe.com/rate-limits
    """
    reason = headers.get("stripe-rate-limited-reason", "")
    is_lock = code in _RETRYABLE_CONFLICTS or reason.endswith("concurrency")
    return RATE_WINDOW if status == 429 and not is_lock else 0.0  # noqa: PLR2004


def retry_delay(
    attempt: int,
    *,
    retry_after: float | None,
    minimum: float,
    remaining: float,
    jitter: float,
) -> float | None:
    """Return the seconds to wait before the next attempt, or None to give up.

    Exponential backoff with full jitter: a random delay between 0.05 s and a ceiling
    that doubles from 0.5 s to 8 s, added to `minimum`. A delay requested by the server
    replaces both, with up to half a second of jitter.

    Args:
        attempt: Number of the failed attempt, starting at 1.
        retry_after: Delay from the `Retry-After` header in seconds, or None.
        minimum: Delay, in seconds, below which a retry is pointless.
        remaining: Seconds until the deadline of the call, or infinity. A retry that
            cannot start in time would only replace the error with a less specific one.
        jitter: Random number between 0 and 1.
    """
    if retry_after is None:
        ceiling = min(MAX_DELAY, FIRST_DELAY * 2.0 ** min(attempt - 1, 10))
        delay = minimum + MIN_DELAY + jitter * (ceiling - MIN_DELAY)
    elif math.isinf(remaining) and retry_after > MAX_RETRY_AFTER:
        return None
    else:
        delay = retry_after + MIN_DELAY + jitter * (FIRST_DELAY - MIN_DELAY)
    return delay if delay < remaining else None
