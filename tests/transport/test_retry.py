import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections._retry import (
    FIRST_DELAY,
    MAX_DELAY,
    is_retryable_status,
    minimum_delay,
    retry_after_from,
    retry_delay,
)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, None, False),
        (401, None, False),
        (402, None, False),
        (404, "lock_timeout", False),
        (409, None, False),
        (409, "lock_timeout", True),
        (409, "idempotency_key_in_use", True),
        (429, None, True),
        (500, None, True),
        (503, None, True),
        (520, None, True),
    ],
)
def test_status_and_code_determine_whether_to_retry(status, code, expected):
    assert expected is is_retryable_status(status, code, {})


@pytest.mark.parametrize(
    ("status", "value"), [(400, "true"), (500, "false"), (429, "false")]
)
def test_stripe_should_retry_takes_precedence(status, value):
    assert (value == "true") is is_retryable_status(
        status, None, {"stripe-should-retry": value}
    )


def test_an_invalid_stripe_should_retry_is_ignored():
    assert is_retryable_status(500, None, {"stripe-should-retry": "perhaps"})


NOW = datetime(2023, 10, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", 0),
        ("7", 7),
        ("Mon, 16 Oct 2023 00:00:05 GMT", 5),
        ("Sun, 15 Oct 2023 00:00:05 GMT", None),
        ("-1", None),
        ("1.5", None),
        ("5, 5", None),
        ("soon", None),
        ("", None),
        ("9" * 5000, None),
        ("²", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, expected):
    assert expected == retry_after_from({"retry-after": value}, NOW)


@pytest.mark.parametrize(
    ("date", "expected"),
    [("Sun, 15 Oct 2023 23:50:00 GMT", 605), ("nonsense", 5), ("", 5)],
)
def test_a_date_in_retry_after_is_relative_to_the_response(date, expected):
    assert expected == retry_after_from(
        {"retry-after": "Mon, 16 Oct 2023 00:00:05 GMT", "date": date}, NOW
    )


def test_a_missing_retry_after_is_none():
    assert retry_after_from({}, NOW) is None


def delay(attempt, *, retry_after=None, minimum=0.0, remaining=math.inf, jitter=0.5):
    return retry_delay(
        attempt,
        retry_after=retry_after,
        minimum=minimum,
        remaining=remaining,
        jitter=jitter,
    )


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_backoff_never_exceeds_its_ceiling(attempt, jitter):
    ceiling = min(MAX_DELAY, FIRST_DELAY * 2 ** min(attempt - 1, 20))
    assert 0 <= delay(attempt, jitter=jitter) <= ceiling


def test_the_ceiling_doubles_from_half_a_second_to_eight():
    ceilings = [delay(attempt, jitter=1.0) for attempt in range(1, 7)]
    assert [0.5, 1, 2, 4, 8, 8] == ceilings


@pytest.mark.parametrize("retry_after", [None, 0])
def test_attempts_are_at_least_fifty_milliseconds_apart(retry_after):
    assert all(
        delay(attempt, retry_after=retry_after, jitter=0.0) >= 0.05
        for attempt in range(1, 7)
    )


def test_retry_after_is_a_lower_bound():
    assert 7 <= delay(1, retry_after=7, jitter=0.9) < 8


def test_a_retry_after_longer_than_a_minute_ends_the_retries():
    assert delay(1, retry_after=61) is None
    assert delay(1, retry_after=60) is not None


def test_a_deadline_limits_retry_after():
    assert 90 <= delay(1, retry_after=90, remaining=120) < 91
    assert delay(1, retry_after=90, remaining=80) is None


@given(
    st.integers(1, 100),
    st.none() | st.floats(0, 1e6),
    st.floats(0, 1),
    st.floats(0, 1e6),
    st.floats(0, 1, exclude_max=True),
)
def test_no_delay_exceeds_the_deadline(
    attempt, retry_after, minimum, remaining, jitter
):
    seconds = delay(
        attempt,
        retry_after=retry_after,
        minimum=minimum,
        remaining=remaining,
        jitter=jitter,
    )
    assert seconds is None or 0 <= seconds < remaining


@pytest.mark.parametrize(
    ("status", "code", "reason", "expected"),
    [
        (429, "rate_limit", "global-rate", 1),
        (429, None, "endpoint-rate", 1),
        (429, None, "", 1),
        (429, None, "global-concurrency", 0),
        (429, "lock_timeout", "", 0),
        (409, "lock_timeout", "", 0),
        (500, None, "", 0),
    ],
)
def test_a_retry_after_a_rate_limit_waits_at_least_a_second(
    status, code, reason, expected
):
    headers = {"stripe-rate-limited-reason": reason}
    assert expected == minimum_delay(status, code, headers)
