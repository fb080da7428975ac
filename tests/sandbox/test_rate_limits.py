"""Limits on the number of requests."""

import pytest

from financial_connections.sandbox import Fault, RateLimit, Rules, Sandbox
from tests.support.sandbox_calls import ACCOUNTS, TRANSACTIONS, admit, get, post


def test_each_key_has_separate_limits_for_reads_and_writes():
    sandbox = Sandbox(rules=Rules(rate_limit=RateLimit(reads=4, writes=2)))
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
    sandbox = Sandbox(rules=Rules(rate_limit=RateLimit(reads=1)))
    get(sandbox, ACCOUNTS)
    reply = get(sandbox, ACCOUNTS)

    assert ("invalid_request_error", "rate_limit") == (
        reply.error["type"],
        reply.error["code"],
    )
    assert "global-rate" == reply.headers["Stripe-Rate-Limited-Reason"]
    assert "true" == reply.headers["Stripe-Should-Retry"]
    assert "1" == reply.headers["Retry-After"]
    with pytest.raises(ValueError, match="at least 1"):
        RateLimit(reads=0)


def reasons(replies):
    return [reply.headers.get("Stripe-Rate-Limited-Reason") for reply in replies]


def test_stripes_limits_apply_to_a_stripe_account_and_an_operation():
    sandbox = Sandbox(rules=Rules(rate_limit=RateLimit.live_mode()))
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
    sandbox = Sandbox(rules=Rules(rate_limit=RateLimit.test_mode()))
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
        (RateLimit(concurrent=1), "global-concurrency"),
        (RateLimit(concurrent_per_endpoint=1), "endpoint-concurrency"),
    ],
)
def test_requests_that_run_at_the_same_time_are_limited(limit, reason):
    sandbox = Sandbox(rules=Rules(rate_limit=limit))
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


def test_a_fault_can_report_any_limit(sandbox):
    sandbox.inject(Fault("rate_limited", reason="resource-specific"))

    reply = get(sandbox, ACCOUNTS)

    assert (429, ["resource-specific"]) == (reply.status, reasons([reply]))
    with pytest.raises(ValueError, match="reason"):
        Fault("rate_limited", reason="bogus")
