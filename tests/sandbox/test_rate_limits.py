"""Limits on the number of requests."""

import pytest
from attrs import evolve

from financial_connections.sandbox import Fault, RateLimits, Rules, Sandbox
from tests.support.sandbox_calls import ACCOUNTS, TRANSACTIONS, admit, get, post


def test_each_key_has_separate_limits_for_reads_and_writes():
    sandbox = Sandbox(rules=Rules(rate_limits=RateLimits(reads=4, writes=2)))
    account = sandbox.add_account()
    other = sandbox.add_key()

    assert [200, 200, 200, 200, 429] == [
        get(sandbox, ACCOUNTS).status for _ in range(5)
    ]
    writes = [
        post(sandbox, f"{ACCOUNTS}/{account}/disconnect").status for _ in range(3)
    ]
    assert [200, 200, 429] == writes
    assert 200 == get(sandbox, ACCOUNTS, authorization=f"Bearer {other}").status
    sandbox.advance(0.25)
    assert [200, 429] == [get(sandbox, ACCOUNTS).status for _ in range(2)]
    sandbox.advance(1000)
    assert [200, 200, 200, 200, 429] == [
        get(sandbox, ACCOUNTS).status for _ in range(5)
    ]


def test_a_429_gives_its_reason_and_asks_for_a_retry():
    sandbox = Sandbox(rules=Rules(rate_limits=RateLimits(reads=1)))
    get(sandbox, ACCOUNTS)
    reply = get(sandbox, ACCOUNTS)

    assert ("invalid_request_error", "rate_limit") == (
        reply.error["type"],
        reply.error["code"],
    )
    assert "global-rate" == reply.headers["Stripe-Rate-Limited-Reason"]
    assert "true" == reply.headers["Stripe-Should-Retry"]
    assert "Retry-After" not in reply.headers
    sandbox.rate_limits = evolve(sandbox.rate_limits, retry_after=2)
    assert "2" == get(sandbox, ACCOUNTS).headers["Retry-After"]


@pytest.mark.parametrize("value", [0, -1, 1.5, float("nan"), "25", True])
def test_a_limit_must_be_a_positive_integer(value):
    with pytest.raises(ValueError, match="an integer of at least 1"):
        RateLimits(reads=value)


def reasons(replies):
    return [reply.headers.get("Stripe-Rate-Limited-Reason") for reply in replies]


def test_stripes_limits_apply_to_a_stripe_account_and_an_operation():
    sandbox = Sandbox(rules=Rules(rate_limits=RateLimits.live_mode()))
    account = sandbox.add_account(transactions=1)
    keys = [sandbox.api_key, sandbox.add_key()]

    def send(path, count, params=""):
        return [
            get(sandbox, path, params, authorization=f"Bearer {keys[number % 2]}")
            for number in range(count)
        ]

    listed = reasons(send(ACCOUNTS, 26))
    retrieved = reasons(send(f"{ACCOUNTS}/{account}", 26))
    transactions = reasons(send(TRANSACTIONS, 26, {"account": account}))
    unknown = reasons(send("/v1/unknown", 26))

    for endpoint in (listed, retrieved, transactions):
        assert [None] * 25 + ["endpoint-rate"] == endpoint
    assert [None] * 25 + ["global-rate"] == unknown
    other = sandbox.add_connected_account()
    assert 200 == get(sandbox, ACCOUNTS, stripe_account=other).status
    sandbox.advance(0.0625)
    assert [None, "endpoint-rate"] == reasons(send(ACCOUNTS, 2))


def test_test_mode_allows_25_requests_a_second_in_total():
    sandbox = Sandbox(rules=Rules(rate_limits=RateLimits.test_mode()))
    account = sandbox.add_account()
    for number in range(25):
        path = ACCOUNTS if number % 2 else f"{ACCOUNTS}/{account}"
        assert 200 == get(sandbox, path).status

    rejected = get(sandbox, ACCOUNTS)

    assert (429, ["global-rate"]) == (rejected.status, reasons([rejected]))
    sandbox.advance(1)
    assert 200 == get(sandbox, ACCOUNTS).status


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        (RateLimits(concurrent=1), "global-concurrency"),
        (RateLimits(concurrent_per_endpoint=1), "endpoint-concurrency"),
    ],
)
def test_requests_that_run_at_the_same_time_are_limited(limit, reason):
    sandbox = Sandbox(rules=Rules(rate_limits=limit))
    account = sandbox.add_account()
    running = admit(sandbox, "GET", ACCOUNTS)

    rejected = get(sandbox, ACCOUNTS)
    other = get(sandbox, f"{ACCOUNTS}/{account}")

    assert (429, [reason]) == (rejected.status, reasons([rejected]))
    assert (429 if reason == "global-concurrency" else 200) == other.status
    sandbox.api.execute(running)
    assert 200 == get(sandbox, ACCOUNTS).status
    sandbox.api.abandon(admit(sandbox, "GET", ACCOUNTS))
    assert 200 == get(sandbox, ACCOUNTS).status


def test_each_limit_can_be_switched_off():
    sandbox = Sandbox(rules=Rules(rate_limits=RateLimits.test_mode()))
    account = sandbox.add_account()
    paths = [ACCOUNTS, f"{ACCOUNTS}/{account}"]

    def rejections(**changes):
        sandbox.rate_limits = evolve(RateLimits.test_mode(), **changes)
        sandbox.advance(1)
        replies = [get(sandbox, path) for path in paths for _ in range(26)]
        return [reason for reason in reasons(replies) if reason]

    assert 27 * ["global-rate"] == rejections()
    assert 27 * ["global-rate"] == rejections(per_endpoint=None)
    assert 2 * ["endpoint-rate"] == rejections(total=None)
    assert [] == rejections(total=None, per_endpoint=None)


def test_an_object_can_have_its_own_limit():
    sandbox = Sandbox(rules=Rules(rate_limits=RateLimits(per_resource=1)))
    paths = [f"{ACCOUNTS}/{sandbox.add_account()}" for _ in range(2)]

    replies = [get(sandbox, path) for path in [*paths, *paths, ACCOUNTS, ACCOUNTS]]

    assert [None, None, *2 * ["resource-specific"], None, None] == reasons(replies)


def test_a_limit_can_be_lowered_and_raised_while_requests_are_sent():
    sandbox = Sandbox(rules=Rules(rate_limits=RateLimits(total=4)))

    def admitted(seconds=0.0, **changes):
        sandbox.advance(seconds)
        if changes:
            sandbox.rate_limits = RateLimits(**changes)
        return reasons([get(sandbox, ACCOUNTS) for _ in range(10)]).count(None)

    assert 4 == admitted()
    assert 2 == admitted(0.5, total=2)  # recovered at the old rate
    assert [0, 1] == [admitted(0.25), admitted(0.25)]
    assert [0, 1] == [admitted(total=4), admitted(0.25)]
    assert 2 == admitted(60, total=2)
    assert 10 == admitted(total=None)
    assert 2 == admitted(total=2)


def test_requests_that_run_when_a_limit_is_set_count_towards_it(sandbox):
    running = admit(sandbox, "GET", ACCOUNTS)

    sandbox.rate_limits = RateLimits(concurrent=1)

    assert 429 == get(sandbox, ACCOUNTS).status
    sandbox.api.execute(running)
    assert 200 == get(sandbox, ACCOUNTS).status


def test_a_fault_can_report_any_limit(sandbox):
    sandbox.inject(Fault("rate_limited", reason="resource-specific"))

    reply = get(sandbox, ACCOUNTS)

    assert (429, ["resource-specific"]) == (reply.status, reasons([reply]))
    with pytest.raises(ValueError, match="reason"):
        Fault("rate_limited", reason="bogus")
