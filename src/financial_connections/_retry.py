"""Decide whether to send a request again, and when. Pure: the caller provides the clock
and the random number.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

SHORTEST_DELAY = 0.05
"""Without it, all attempts of a call could fall into an outage of a tenth of a second.
"""
FIRST_DELAY = 0.5
LONGEST_DELAY = 8.0
LONGEST_ASKED_DELAY = 60.0
"""Seconds of `Retry-After` that are honoured when no deadline says how long there is.
"""
RATE_WINDOW = 1.0
"""Seconds over which Stripe counts requests: https://docs.stripe.com/rate-limits"""

_RETRYABLE_CONFLICTS = {"lock_timeout", "idempotency_key_in_use"}


def is_retryable_status(
    status: int, code: str | None, headers: Mapping[str, str]
) -> bool:
    """Return whether an answer other than 2xx may be followed by a better one.

    The server's own word, `Stripe-Should-Retry`, counts first: a 500 can be stored
    under its idempotency key and would only be replayed.
    """
    said = headers.get("stripe-should-retry")
    if said in {"true", "false"}:
        return said == "true"
    if status == 409:  # noqa: PLR2004
        return code in _RETRYABLE_CONFLICTS
    return status == 429 or status >= 500  # noqa: PLR2004


def retry_after_from(
    headers: Mapping[str, str], now: datetime | None = None
) -> float | None:
    """Return the seconds that `Retry-After` asks for; None when it is absent, repeated,
    nonsense or negative.

    A date counts from the response's own `Date`, because the clocks of server and
    client may differ.
    """
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit() and len(said) < 10:  # noqa: PLR2004 - longer is nonsense
        return float(said)
    try:
        moment = parsedate_to_datetime(said)
        seconds = (
            moment - (_date_of(headers) or now or datetime.now(UTC))
        ).total_seconds()
    except (ValueError, TypeError, OverflowError):  # no date, or one without a zone
        return None
    return seconds if seconds >= 0 else None


def _date_of(headers: Mapping[str, str]) -> datetime | None:
    try:
        date = parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return date if date.tzinfo else None


def least_delay(status: int, code: str | None, headers: Mapping[str, str]) -> float:
    """Return the seconds below which a retry is pointless.

    Limits on a rate are counted by the second. A lock, or a limit on concurrency, is
    free as soon as another request ends. Source: https://docs.stripe.com/rate-limits
    """
    reason = headers.get("stripe-rate-limited-reason", "")
    if status != 429 or code in _RETRYABLE_CONFLICTS or reason.endswith("concurrency"):  # noqa: PLR2004
        return 0.0
    return RATE_WINDOW


def retry_delay(
    attempt: int, *, asked: float | None, least: float, left: float, dice: float
) -> float | None:
    """Return the seconds to wait after attempt number `attempt` (from 1), or None to
    give up.

    Exponential backoff with full jitter: `dice`, from 0 up to 1, picks a point between
    0.05 s and a ceiling, which doubles from 0.5 s to 8 s; `least` is added to it.
    `asked`, the server's `Retry-After`, replaces both, with up to half a second of
    jitter. `left` is what the deadline leaves, or infinite: a wait that outlasts it
    would only replace the error in hand by one that says less.
    """
    if asked is None:
        ceiling = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(attempt - 1, 10))
        delay = least + SHORTEST_DELAY + dice * (ceiling - SHORTEST_DELAY)
    elif math.isinf(left) and asked > LONGEST_ASKED_DELAY:
        return None
    else:
        delay = asked + SHORTEST_DELAY + dice * (FIRST_DELAY - SHORTEST_DELAY)
    return delay if delay < left else None
