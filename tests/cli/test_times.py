"""Formatting and parsing of times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections.cli.times import day, minute, parse_time, relative


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        (0, "now"),
        (-300, "5 minutes ago"),
        (1, "in 1 second"),
        (-50, "50 seconds ago"),
        (-51, "1 minute ago"),
        (3_060, "in 1 hour"),
        (3_600, "in 1 hour"),
        (9 * 86_400, "in 1 week"),
        (-400 * 86_400, "1 year ago"),
        (-3 * 86_400, "3 days ago"),
        (100 * 86_400, "in 3 months"),
        (10**18, "?"),
    ],
)
def test_a_time_is_shown_relative_to_now(distance, expected):
    assert expected == relative(1_700_000_000 + distance, now=1_700_000_000)


def test_an_unrepresentable_time_is_shown_as_a_question_mark():
    assert ("?", "?", "") == (day(10**18), minute(-(10**18)), day(None))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1700000000", 1_700_000_000),
        ("2023-11-14", 1_699_920_000),
        ("2023-11-14T22:13:20", 1_700_000_000),
        ("2023-11-14T23:13:20+01:00", 1_700_000_000),
        ("2023-11-14 22:13:20Z", 1_700_000_000),
    ],
)
def test_times_can_be_given_in_several_formats(text, seconds):
    assert seconds == parse_time(text)


def test_the_end_of_a_day_is_its_last_second():
    start = parse_time("2023-11-14")
    assert start + 86_399 == parse_time("2023-11-14", end_of_day=True)


@given(st.integers(0, 4_000_000_000))
def test_a_formatted_minute_can_be_parsed(seconds):
    assert seconds - seconds % 60 == parse_time(minute(seconds))
