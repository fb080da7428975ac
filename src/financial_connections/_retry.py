"""Whether to send a request again, and when. Pure: the clock and the dice are the caller's."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_DELAY = 0.5
LONGEST_DELAY = 8.0
LONGEST_ASKED_DELAY = 60.0
"""Seconds of `Retry-After` that are honoured; a server that asks for more gets no retry."""

_RETRYABLE_CONFLICTS = {"lock_timeout", "idempotency_key_in_use"}


def is_retryable_status(status: int, code: str | None, headers: Mapping[str, str]) -> bool:
    """
    Return whether an answer other than 2xx may be followed by a better one.

    The server's own word, `Stripe-Should-Retry`, counts first: a 500 can be stored under its idempotency key
    and would only be replayed.
    """
    said = headers.get("stripe-should-retry")
    if said in {"true", "false"}:
        return said == "true"
    if status == 409:  # noqa: PLR2004
        return code in _RETRYABLE_CONFLICTS
    return status == 429 or status >= 500  # noqa: PLR2004


def retry_after_from(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds that `Retry-After` asks for; None when it is absent, nonsense or negative."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit() and len(said) < 10:  # noqa: PLR2004 - longer is nonsense
        return float(said)
    try:
        moment = parsedate_to_datetime(said)
        seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    except (ValueError, TypeError):  # no date, or one without a zone
        return None
    return seconds if seconds >= 0 else None


def delay_before_retry(attempt: int, retry_after: float | None, dice: float) -> float | None:
    """
    Return the seconds to wait after attempt number `attempt` (from 1), or None to give up.

    Exponential backoff with full jitter: `dice`, from 0 up to 1, picks a point between nothing and the
    ceiling, which doubles from 0.5 s to 8 s. A server's `Retry-After` is a lower bound.
    """
    ceiling = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(attempt - 1, 10))
    if retry_after is None:
        return dice * ceiling
    if retry_after > LONGEST_ASKED_DELAY:
        return None
    return retry_after + dice * FIRST_DELAY
