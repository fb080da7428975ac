"""The adaptive rate, without a client."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections._rate_limits.rate import (
    BURST,
    DECREASE,
    MAX_PROBING,
    MIN_RATE,
    QUIET,
    AdaptiveRate,
)


def take_all(rate, start, seconds):
    """Take every token of a period for a request that succeeds at once.

    Returns:
        The times of the requests.
    """
    now, times = start, []
    while now <= start + seconds:
        if rate.take(now):
            rate.increase(sent_at=now)
            times.append(now)
        else:
            now = rate.ready_at(now)
    return times


def test_a_burst_is_released_at_once_and_the_rest_at_the_rate():
    times = take_all(AdaptiveRate(25, rate=25), 0, 1)
    assert [0] * 10 == times[:10]
    gaps = [later - earlier for earlier, later in pairwise(times[10:])]
    assert all(0.03 < gap <= 0.0401 for gap in gaps)
    assert BURST * 25 + 25 <= len(times) <= 36


def test_an_unknown_rate_limits_nothing_before_the_first_429():
    rate = AdaptiveRate(25)
    assert all(rate.take(0) for _ in range(1000))
    assert rate.decrease(1, sent_at=0, pause=2)
    assert (25, 3) == (rate.rate, rate.ready_at(1.5))
    assert rate.take(3)


def test_a_429_lowers_the_rate_once_for_all_requests_sent_before_it():
    rate = AdaptiveRate(25, rate=25)
    take_all(rate, 0, 10)
    before = rate.rate
    assert rate.decrease(11, sent_at=10.9, pause=0.1)
    after = rate.rate
    assert after <= DECREASE * before
    assert not rate.decrease(11.1, sent_at=10.95, pause=0.1)
    assert after == rate.rate
    assert rate.decrease(11.2, sent_at=11.15, pause=0.1)
    assert rate.rate <= DECREASE * after


def test_a_rate_recovers_and_then_probes_ever_faster():
    rate = AdaptiveRate(25, rate=25)
    take_all(rate, 0, 3)
    peak = rate.rate
    rate.decrease(3, sent_at=3, pause=0)
    rates = [rate.rate]
    for second in range(3, 13):
        take_all(rate, second, 1)
        rates.append(rate.rate)
    assert rates[0] < 0.8 * peak < rates[3]
    growth = [later / earlier for earlier, later in pairwise(rates)]
    assert 1 < growth[0] < 1.3
    assert growth[0] < growth[2] < math.exp(MAX_PROBING)


def test_a_rate_that_is_not_used_does_not_grow():
    rate = AdaptiveRate(25, rate=25)
    for second in range(1000):
        assert rate.take(second)
        rate.increase(sent_at=second)
    assert 25 == rate.rate


@pytest.mark.parametrize("pause", [0.1, 60])
def test_a_lowered_rate_is_forgotten_even_if_it_is_not_used(pause):
    """A program that makes few calls receives a 429 because of another program."""
    rate = AdaptiveRate(25, rate=25)
    assert rate.take(0)
    rate.decrease(0.1, sent_at=0, pause=pause)
    assert 1 == len(take_all(rate, pause + 5, 0))
    assert 10 == len(take_all(rate, pause + QUIET + 5, 0))
    assert 25 == rate.rate


def test_a_token_that_is_put_back_can_be_taken_again():
    rate = AdaptiveRate(1, rate=1)
    assert rate.take(0)
    rate.put_back()
    assert rate.take(0)
    assert not rate.take(0)
    assert 0 < rate.ready_at(0) <= 1


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["take", "reject", "put back"]),
        st.floats(0, 3, allow_nan=False),
    ),
    max_size=60,
)


@given(st.sampled_from([math.inf, 25.0, 0.5]), STEPS)
def test_a_rate_stays_within_its_bounds(start, steps):
    rate, now = AdaptiveRate(25, rate=start), 0.0
    for step, seconds in steps:
        limit = rate.rate
        now += seconds
        if step == "reject":
            rate.decrease(now, sent_at=now - seconds / 2, pause=seconds)
        elif step == "put back":
            rate.put_back()
        else:
            ready_at = rate.ready_at(now)
            assert now <= ready_at < math.inf
            assert rate.take(now) == (now == ready_at)
            if now == ready_at:
                rate.increase(sent_at=now)
        assert rate.rate >= MIN_RATE
        assert rate.rate <= max(limit, 25) * (1 + 0.5)


@pytest.mark.parametrize("bound", [3, 25, 80])
def test_the_rate_settles_around_the_limit_of_a_token_bucket(bound):
    """Ten minutes against a server that enforces a limit in the same way."""
    rate, now, accepted = AdaptiveRate(25, rate=25), 0.0, 0
    tokens, filled_at = float(bound), 0.0
    while now < 600:
        if not rate.take(now):
            now = rate.ready_at(now)
            continue
        tokens = min(bound, tokens + (now - filled_at) * bound)
        filled_at = now
        if tokens >= 1:
            tokens -= 1
            accepted += 1
            rate.increase(sent_at=now)
        else:
            rate.decrease(now, sent_at=now, pause=0.1)
    assert 0.93 * bound * 600 <= accepted <= bound * 601
