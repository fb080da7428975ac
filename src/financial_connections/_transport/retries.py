"""Decide whether a call makes another attempt."""

import random

import anyio

from financial_connections._retry import minimum_delay, retry_delay
from financial_connections._retry_budget import TIMEOUT_COST, RetryBudget
from financial_connections._transport.call import AttemptError, Call
from financial_connections._transport.observer import Observer
from financial_connections.errors import APIStatusError, APITimeoutError

MAX_THROTTLED = 20
"""Number of 429s after which a call treats them like other errors. A call that respects
the limits gets a few at most, so the server probably rejects all requests.
"""


def next_delay(
    call: Call,
    error: AttemptError,
    max_retries: int,
    budget: RetryBudget | None,
    observer: Observer,
) -> float | None:
    """Return the seconds to wait before the next attempt, or None to give up.

    If the wait would exceed the deadline of the call, or of a cancel scope around it,
    the call gives up at once, because the attempt's error explains more than a timeout.

    Args:
        call: The call.
        error: Error of its latest attempt.
        max_retries: Maximum number of retries, apart from those after a 429 that slowed
            down all calls.
        budget: Budget of retries for all calls; None for no limit.
        observer: Reports the decision.
    """
    if budget is not None and isinstance(error, APIStatusError) and not error.retryable:
        budget.give_back(call.retry_cost)  # the server works
    if not error.retryable or not max_retries:
        return None
    remaining = anyio.current_effective_deadline() - anyio.current_time()
    throttle = call.throttle
    if throttle and throttle.has_known_reason and call.throttled < MAX_THROTTLED:
        if throttle.expected_seconds >= remaining:
            return None
        call.throttled += 1
        delay: float | None = throttle.seconds
    else:
        delay = _backoff(call.retries + 1, error, remaining)
        if delay is None or call.retries >= max_retries:
            return None
        call.retry_cost = TIMEOUT_COST if isinstance(error, APITimeoutError) else 1.0
        if budget is not None and not budget.spend(call.retry_cost):
            error.add_note("not retried: the retry budget of the client is used up")
            observer.emit("RetryBudgetExhausted", call, error=type(error).__name__)
            return None
        call.retries += 1
    observer.emit("RetryScheduled", call, seconds=delay)
    return delay


def _backoff(attempt: int, error: AttemptError, remaining: float) -> float | None:
    retry_after, minimum = None, 0.0
    if isinstance(error, APIStatusError):
        retry_after = error.retry_after
        minimum = minimum_delay(error.status, error.code, error.headers)
    return retry_delay(
        attempt,
        retry_after=retry_after,
        minimum=minimum,
        remaining=remaining,
        jitter=random.random(),  # noqa: S311 - not used for cryptography
    )
