"""Counts of the requests that a sandbox has received."""

from hypothesis import given
from hypothesis import strategies as st

from financial_connections.sandbox import (
    Clock,
    Fault,
    RateLimits,
    RequestCounts,
    Rules,
    Sandbox,
)
from financial_connections.sandbox.api.meter import Meter
from tests.support.sandbox_calls import ACCOUNTS, TRANSACTIONS, get


def counts(received, admitted, **rejected):
    return RequestCounts(
        received=received,
        admitted=admitted,
        rejected={key.replace("_", "-"): value for key, value in rejected.items()},
        peak_received=received,
        peak_admitted=admitted,
    )


def test_requests_are_counted_by_operation_and_stripe_account():
    limits = RateLimits(total=4, per_endpoint=3)
    sandbox = Sandbox(rules=Rules(rate_limits=limits))
    account = sandbox.add_account(transactions=1)
    connected = sandbox.add_connected_account()
    for _ in range(4):
        get(sandbox, ACCOUNTS)
    for _ in range(2):
        get(sandbox, TRANSACTIONS, {"account": account})
    get(sandbox, ACCOUNTS, stripe_account=connected)
    get(sandbox, "/v1/unknown", stripe_account=connected)
    get(sandbox, ACCOUNTS, authorization="Bearer sk_test_unknown")

    traffic = sandbox.traffic

    assert counts(9, 7, endpoint_rate=1, global_rate=1) == traffic.total
    assert {
        "list_accounts": counts(5, 4, endpoint_rate=1),
        "list_transactions": counts(2, 1, global_rate=1),
    } == traffic.operations
    platform, *_ = traffic.stripe_accounts
    assert {
        platform: counts(6, 4, endpoint_rate=1, global_rate=1),
        connected: counts(2, 2),
    } == traffic.stripe_accounts
    sandbox.reset_traffic()
    assert counts(0, 0) == sandbox.traffic.total
    assert {} == sandbox.traffic.operations == sandbox.traffic.stripe_accounts


def test_injected_429s_count_as_rejected(sandbox):
    sandbox.inject(
        Fault("rate_limited", reason="resource-specific"), Fault("unavailable")
    )
    for _ in range(3):
        get(sandbox, ACCOUNTS)

    assert counts(3, 2, resource_specific=1) == sandbox.traffic.total


def test_a_peak_is_the_most_requests_in_any_second(sandbox):
    for seconds in (0, 0.75, 0.125, 0.125, 0.5):
        sandbox.advance(seconds)
        get(sandbox, ACCOUNTS)

    # At 0.75, 0.875, 1 and 1.5 s. The second that starts with the first request does
    # not include the request one second later.
    assert (5, 4) == (
        sandbox.traffic.total.received,
        sandbox.traffic.total.peak_received,
    )


TIMES = st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=30)


@given(TIMES)
def test_peaks_equal_those_of_a_search_over_all_seconds(steps):
    meter, received, admitted, now = Meter(), [], [], 0.0
    for quarters, is_admitted in steps:
        now += quarters / 4
        received.append(now)
        admitted += [now] if is_admitted else []
        meter.add("acct", "list_accounts", None if is_admitted else "global-rate", now)

    total = meter.traffic().total

    assert (peak(received), peak(admitted)) == (
        total.peak_received,
        total.peak_admitted,
    )


def peak(times):
    return max((sum(0 <= end - time < 1 for time in times) for end in times), default=0)


def test_limits_and_peaks_follow_the_timer_of_the_clock():
    now = 100.0
    clock = Clock(ticking=True, timer=lambda: now)
    sandbox = Sandbox(clock=clock, rules=Rules(rate_limits=RateLimits(total=1)))

    first = get(sandbox, ACCOUNTS).status
    now += 0.5
    second = get(sandbox, ACCOUNTS).status
    clock.advance(0.5)
    third = get(sandbox, ACCOUNTS).status

    assert (200, 429, 200) == (first, second, third)
    assert (2, 1) == (
        sandbox.traffic.total.peak_received,
        sandbox.traffic.total.peak_admitted,
    )
    assert 1 == clock.elapsed()
