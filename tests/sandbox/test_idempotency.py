"""Idempotency keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from financial_connections.sandbox import Fault, RateLimits, Rules, Sandbox
from tests.support.sandbox_calls import (
    ACCOUNTS,
    FORM,
    SESSIONS,
    admit,
    encode,
    get,
    open_sessions,
    post,
)

BALANCE = {"features": ["balance"]}


@pytest.fixture
def account(sandbox):
    return sandbox.add_account()


def refresh(sandbox, account, params=None, *, key="key-1", **headers):
    return post(
        sandbox,
        f"{ACCOUNTS}/{account}/refresh",
        params or BALANCE,
        idempotency_key=key,
        **headers,
    )


def test_a_repeated_request_returns_the_first_response_byte_for_byte(sandbox, account):
    first = refresh(sandbox, account)
    sandbox.advance(1000)
    again = refresh(sandbox, account)

    assert (first.status, first.body) == (again.status, again.body)
    assert "Idempotent-Replayed" not in first.headers
    assert "true" == again.headers["Idempotent-Replayed"]
    assert first.headers["Request-Id"] == again.headers["Original-Request"]
    assert first.headers["Request-Id"] != again.headers["Request-Id"]
    assert "key-1" == again.headers["Idempotency-Key"]


def test_a_retry_does_not_execute_twice(sandbox, account):
    params = {"features": ["transactions"]}
    first = refresh(sandbox, account, params)
    again = refresh(sandbox, account, params)
    sandbox.advance(1000)

    assert (
        first.json["transaction_refresh"]["id"]
        == again.json["transaction_refresh"]["id"]
    )
    assert 1 == [event["type"] for event in sandbox.events].count(
        "financial_connections.account.refreshed_transactions"
    )


def test_a_repeated_creation_creates_one_session(sandbox):
    params = {
        "account_holder": {"type": "customer", "customer": sandbox.add_customer()},
        "permissions": ["balances"],
    }
    ids = {
        post(sandbox, SESSIONS, params, idempotency_key="k").json["id"]
        for _ in range(3)
    }

    assert 1 == len(ids)
    assert 1 == len(open_sessions(sandbox))


def test_the_order_and_encoding_of_parameters_do_not_matter(sandbox, account):
    refresh(sandbox, account, "features[0]=balance&expand[0]=ownership")
    again = refresh(sandbox, account, "expand[]=ownership&features[]=balance")

    assert "true" == again.headers["Idempotent-Replayed"]


@pytest.mark.parametrize("difference", ["parameters", "path", "operation"])
def test_using_the_key_of_another_request_is_an_idempotency_error(
    sandbox, account, difference
):
    refresh(sandbox, account)
    others = {
        "parameters": lambda: refresh(sandbox, account, {"features": ["ownership"]}),
        "path": lambda: refresh(sandbox, sandbox.add_account()),
        "operation": lambda: post(
            sandbox, f"{ACCOUNTS}/{account}/disconnect", idempotency_key="key-1"
        ),
    }

    reply = others[difference]()

    assert (400, "idempotency_error") == (reply.status, reply.error["type"])
    assert "code" not in reply.error
    expected = (
        "Keys for idempotent requests can only be used with the same parameters they"
        " were first used with. Try using a key other than 'key-1'"
    )
    assert reply.error["message"].startswith(expected)


def test_the_key_of_a_running_request_is_in_use(sandbox, account):
    path, headers = (
        f"{ACCOUNTS}/{account}/refresh",
        {"content_type": FORM, "idempotency_key": "key-1"},
    )
    running = admit(sandbox, "POST", path, body=encode(BALANCE), headers=headers)

    reply = refresh(sandbox, account)

    assert (409, "idempotency_key_in_use") == (reply.status, reply.error["code"])
    first = sandbox.api.execute(running)
    assert first.body == refresh(sandbox, account).body


def test_an_abandoned_request_releases_its_key(sandbox, account):
    path, headers = (
        f"{ACCOUNTS}/{account}/refresh",
        {"content_type": FORM, "idempotency_key": "key-1"},
    )
    sandbox.api.abandon(
        admit(sandbox, "POST", path, body=encode(BALANCE), headers=headers)
    )

    assert 200 == refresh(sandbox, account).status


def test_errors_from_the_endpoint_are_replayed(sandbox, account):
    missing = refresh(sandbox, "fca_x")
    assert missing.body == refresh(sandbox, "fca_x").body
    assert "true" == refresh(sandbox, "fca_x").headers["Idempotent-Replayed"]

    sandbox.deactivate(account)
    inactive = refresh(sandbox, account, key="key-2")
    sandbox.reactivate(account)
    assert inactive.body == refresh(sandbox, account, key="key-2").body


def test_errors_for_invalid_parameters_are_not_stored(sandbox, account):
    assert 400 == refresh(sandbox, account, {"features": ["bogus"]}).status
    assert 400 == refresh(sandbox, account, {**BALANCE, "expand": ["bogus"]}).status
    assert 400 == refresh(sandbox, account, content_type="application/json").status
    assert 200 == refresh(sandbox, account).status


def test_a_401_is_not_stored(sandbox, account):
    assert 401 == refresh(sandbox, account, authorization="Bearer nobody").status
    assert 200 == refresh(sandbox, account).status


def test_a_429_precedes_idempotency_and_is_not_stored():
    sandbox = Sandbox(rules=Rules(rate_limits=RateLimits(writes=1)))
    account = sandbox.add_account()

    assert [200, 429] == [refresh(sandbox, account).status for _ in range(2)]
    sandbox.advance(1)
    assert "true" == refresh(sandbox, account).headers["Idempotent-Replayed"]


@pytest.mark.parametrize(
    "kind", ["lock_timeout", "server_error", "unavailable", "rate_limited"]
)
def test_a_fault_injected_before_the_endpoint_is_not_stored(sandbox, account, kind):
    sandbox.inject(Fault(kind))

    assert refresh(sandbox, account).status >= 409
    assert 200 == refresh(sandbox, account).status


def test_a_500_can_be_stored(sandbox, account):
    sandbox.inject(Fault("stored_server_error"))
    first, again = refresh(sandbox, account), refresh(sandbox, account)

    assert (500, "false") == (first.status, first.headers["Stripe-Should-Retry"])
    assert (500, "true") == (again.status, again.headers["Idempotent-Replayed"])
    assert first.body == again.body
    assert get(sandbox, f"{ACCOUNTS}/{account}").json["balance_refresh"] is None


def test_a_get_ignores_the_key(sandbox, account):
    before = get(sandbox, f"{ACCOUNTS}/{account}", idempotency_key="k")
    sandbox.deactivate(account)
    after = get(sandbox, f"{ACCOUNTS}/{account}", idempotency_key="k")

    assert before.body != after.body
    assert 200 == refresh(sandbox, sandbox.add_account(), key="k").status


def test_a_key_belongs_to_one_stripe_account(sandbox, account):
    merchant = sandbox.add_connected_account()
    foreign = sandbox.add_account(stripe_account=merchant)
    refresh(sandbox, account)

    reply = refresh(sandbox, foreign, stripe_account=merchant)

    assert 200 == reply.status
    assert "Idempotent-Replayed" not in reply.headers


def test_keys_are_stored_for_a_day(sandbox, account):
    refresh(sandbox, account)
    sandbox.advance(86_400)
    assert "true" == refresh(sandbox, account).headers["Idempotent-Replayed"]
    sandbox.advance(1)
    assert "Idempotent-Replayed" not in refresh(sandbox, account).headers


def test_a_key_can_have_at_most_255_characters(sandbox, account):
    assert 200 == refresh(sandbox, account, key="k" * 255).status
    assert 400 == refresh(sandbox, account, key="k" * 256).status


@given(
    actions=st.lists(
        st.sampled_from(["refresh", "subscribe", "unsubscribe", "disconnect"]),
        max_size=8,
    )
)
def test_a_replay_changes_nothing(actions):
    """Sending each request twice has the same effect as sending it once."""
    once, twice = Sandbox(5), Sandbox(5)
    for sandbox, times in ((once, 1), (twice, 2)):
        account = sandbox.add_account(transactions=1)
        for number, action in enumerate(actions):
            params = "" if action == "disconnect" else {"features": ["transactions"]}
            for _ in range(times):
                post(
                    sandbox,
                    f"{ACCOUNTS}/{account}/{action}",
                    params,
                    idempotency_key=str(number),
                )
            sandbox.advance(30)

    assert get(once, ACCOUNTS).body == get(twice, ACCOUNTS).body
    assert once.events == twice.events
