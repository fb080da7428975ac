import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections._retry import (
    FIRST_DELAY,
    LONGEST_DELAY,
    is_retryable_status,
    least_delay,
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
def test_status_and_code_decide_whether_a_retry_makes_sense(status, code, expected):
    assert expected is is_retryable_status(status, code, {})


@pytest.mark.parametrize(
    ("status", "said"), [(400, "true"), (500, "false"), (429, "false")]
)
def test_the_servers_word_outranks_the_status(status, said):
    assert (said == "true") is is_retryable_status(
        status, None, {"stripe-should-retry": said}
    )


def test_nonsense_in_the_servers_word_is_ignored():
    assert is_retryable_status(500, None, {"stripe-should-retry": "perhaps"})


NOW = datetime(2023, 10, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "expected"),
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
def test_retry_after_is_seconds_or_a_date_and_nothing_else(said, expected):
    assert expected == retry_after_from({"retry-after": said}, NOW)


@pytest.mark.parametrize(
    ("date", "expected"),
    [("Sun, 15 Oct 2023 23:50:00 GMT", 605), ("nonsense", 5), ("", 5)],
)
def test_a_retry_after_that_is_a_date_counts_from_the_date_of_the_response(
    date, expected
):
    assert expected == retry_after_from(
        {"retry-after": "Mon, 16 Oct 2023 00:00:05 GMT", "date": date}, NOW
    )


def test_retry_after_may_be_absent():
    assert retry_after_from({}, NOW) is None


def delay(attempt, *, asked=None, least=0.0, left=math.inf, dice=0.5):
    return retry_delay(attempt, asked=asked, least=least, left=left, dice=dice)


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_backoff_is_never_longer_than_its_ceiling(attempt, dice):
    assert (
        0
        <= delay(attempt, dice=dice)
        <= min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempt - 1, 20))
    )


def test_the_ceiling_doubles_from_half_a_second_to_eight():
    assert [0.5, 1, 2, 4, 8, 8] == [delay(attempt, dice=1.0) for attempt in range(1, 7)]


@pytest.mark.parametrize("asked", [None, 0])
def test_attempts_are_at_least_fifty_milliseconds_apart(asked):
    assert all(delay(attempt, asked=asked, dice=0.0) >= 0.05 for attempt in range(1, 7))


def test_what_the_server_asks_for_is_a_lower_bound():
    assert 7 <= delay(1, asked=7, dice=0.9) < 8


def test_a_server_that_asks_for_more_than_a_minute_gets_no_retry():
    assert delay(1, asked=61) is None
    assert delay(1, asked=60) is not None


def test_a_deadline_says_itself_how_long_may_be_waited():
    assert 90 <= delay(1, asked=90, left=120) < 91
    assert delay(1, asked=90, left=80) is None


@given(
    st.integers(1, 100),
    st.none() | st.floats(0, 1e6),
    st.floats(0, 1),
    st.floats(0, 1e6),
    st.floats(0, 1, exclude_max=True),
)
def test_no_wait_outlasts_the_deadline(attempt, asked, least, left, dice):
    seconds = delay(attempt, asked=asked, least=least, left=left, dice=dice)
    assert seconds is None or 0 <= seconds < left


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
def test_a_limit_on_the_rate_is_given_a_second(status, code, reason, expected):
    assert expected == least_delay(status, code, {"stripe-rate-limited-reason": reason})
