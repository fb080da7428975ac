"""API keys, and headers that every response has."""

from base64 import b64encode

import pytest

from financial_connections import API_VERSION
from financial_connections.sandbox import Rules, Sandbox
from tests.support.sandbox_calls import (
    ACCOUNTS,
    FORM,
    SESSIONS,
    TRANSACTIONS,
    get,
    post,
    send,
)


def basic(user, password=""):
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def test_a_key_is_accepted_as_bearer_token_or_basic_auth_username(sandbox):
    assert (
        200 == get(sandbox, ACCOUNTS, authorization=f"Bearer {sandbox.api_key}").status
    )
    assert 200 == get(sandbox, ACCOUNTS, authorization=basic(sandbox.api_key)).status


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer sk_test_of_another_sandbox",
        "Digest sk_test_sandbox",
        "Basic sk_test_sandbox",
        basic("sk_test_sandbox", "password"),
        "Basic /w==",
    ],
)
def test_an_unknown_or_missing_key_is_rejected_with_401(sandbox, authorization):
    headers = {"authorization": authorization or ""}

    reply = send(sandbox, "GET", ACCOUNTS, headers=headers)

    assert 401 == reply.status
    assert "invalid_request_error" == reply.error["type"]
    assert 'Basic realm="Sandbox"' == reply.headers["WWW-Authenticate"]
    assert reply.headers["Request-Id"].startswith("req_")


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1"])
def test_a_live_key_is_rejected_and_not_echoed(sandbox, key):
    reply = get(sandbox, ACCOUNTS, authorization=f"Bearer {key}")

    assert 401 == reply.status
    assert key not in reply.body.decode()
    with pytest.raises(ValueError, match="does not accept live keys"):
        Sandbox(api_key=key)


def test_a_sandbox_key_must_be_a_test_key():
    with pytest.raises(ValueError, match="sk_test_ or rk_test_"):
        Sandbox(api_key="secret")


def test_a_restricted_key_can_read_but_not_write(sandbox):
    account = sandbox.add_account()
    key = sandbox.add_key(read_only=True)

    assert key.startswith("rk_test_")
    assert 200 == get(sandbox, ACCOUNTS, authorization=f"Bearer {key}").status
    rejected = post(
        sandbox, f"{ACCOUNTS}/{account}/disconnect", authorization=f"Bearer {key}"
    )
    assert 403 == rejected.status
    assert "invalid_request_error" == rejected.error["type"]
    assert "active" == get(sandbox, f"{ACCOUNTS}/{account}").json["status"]


def test_objects_of_another_stripe_account_are_not_found(sandbox):
    merchant = sandbox.add_connected_account()
    foreign = sandbox.add_account(stripe_account=merchant, transactions=1)
    own = sandbox.add_account()
    transaction = get(
        sandbox, TRANSACTIONS, {"account": foreign}, stripe_account=merchant
    ).ids[0]

    assert [own] == get(sandbox, ACCOUNTS).ids
    assert [foreign] == get(sandbox, ACCOUNTS, stripe_account=merchant).ids
    assert [foreign] == get(sandbox, ACCOUNTS, stripe_context=merchant).ids
    key = sandbox.add_key(stripe_account=merchant)
    assert [foreign] == get(sandbox, ACCOUNTS, authorization=f"Bearer {key}").ids
    missing = get(sandbox, f"{ACCOUNTS}/fca_unknown")
    assert missing.error["code"] == get(sandbox, f"{ACCOUNTS}/{foreign}").error["code"]
    assert 404 == get(sandbox, f"{TRANSACTIONS}/{transaction}").status


def test_an_unconnected_stripe_account_is_rejected_with_403(sandbox):
    reply = get(sandbox, ACCOUNTS, stripe_account="acct_unknown")

    assert 403 == reply.status
    assert "account_invalid" == reply.error["code"]


def test_objects_are_in_test_mode(sandbox):
    sandbox.add_account(transactions=1)
    account = get(sandbox, ACCOUNTS).json["data"][0]

    assert account["livemode"] is False
    assert (
        get(sandbox, TRANSACTIONS, {"account": account["id"]}).json["data"][0][
            "livemode"
        ]
        is False
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v1/charges"),
        ("GET", ACCOUNTS + "/"),
        ("PUT", ACCOUNTS),
        ("DELETE", ACCOUNTS),
        ("POST", ACCOUNTS),
        ("GET", SESSIONS),
        ("HEAD", ACCOUNTS),
        ("GET", ACCOUNTS + "/a/b"),
    ],
)
def test_an_unknown_url_or_method_results_in_a_404(sandbox, method, path):
    reply = send(sandbox, method, path, headers={"content_type": FORM})

    assert 404 == reply.status
    assert "invalid_request_error" == reply.error["type"]
    assert reply.error["message"].startswith(
        f"Unrecognized request URL ({method}: {path})"
    )
    assert "code" not in reply.error


def test_every_response_is_json_with_a_request_id_and_version(sandbox):
    replies = [
        get(sandbox, ACCOUNTS),
        get(sandbox, f"{ACCOUNTS}/fca_unknown"),
        get(sandbox, ACCOUNTS, authorization="Bearer nobody"),
        get(sandbox, "/v1/unknown"),
        get(sandbox, ACCOUNTS, {"bogus": 1}),
    ]

    assert [200, 404, 401, 404, 400] == [reply.status for reply in replies]
    assert len(replies) == len({reply.headers["Request-Id"] for reply in replies})
    for reply in replies:
        assert reply.headers["Request-Id"].startswith("req_")
        assert "application/json" == reply.headers["Content-Type"]
        assert API_VERSION == reply.headers["Stripe-Version"]
        assert "Tue, 14 Nov 2023 22:13:20 GMT" == reply.headers["Date"]


def test_the_version_and_idempotency_key_are_echoed(sandbox):
    reply = get(sandbox, ACCOUNTS, stripe_version=API_VERSION, idempotency_key="abc")

    assert API_VERSION == reply.headers["Stripe-Version"]
    assert "abc" == reply.headers["Idempotency-Key"]


def test_another_version_is_rejected_unless_the_rules_accept_it(sandbox):
    reply = get(sandbox, ACCOUNTS, stripe_version="2099-01-01")
    lenient = Sandbox(rules=Rules(other_versions={"2024-06-20"}))

    assert 400 == reply.status
    assert "invalid_request_error" == reply.error["type"]
    assert "2099-01-01" == reply.headers["Stripe-Version"]
    assert 200 == get(lenient, ACCOUNTS, stripe_version="2024-06-20").status


def test_every_error_has_a_log_url_and_errors_with_a_code_have_a_doc_url(sandbox):
    with_code = get(sandbox, f"{ACCOUNTS}/fca_unknown")
    without_code = get(sandbox, "/v1/unknown")

    assert (
        "https://stripe.com/docs/error-codes/resource-missing"
        == with_code.error["doc_url"]
    )
    assert "doc_url" not in without_code.error
    for reply in (with_code, without_code):
        assert reply.error["request_log_url"].endswith(reply.headers["Request-Id"])


def test_responses_are_indented_by_two_spaces(sandbox):
    assert get(sandbox, ACCOUNTS).body.startswith(
        b'{\n  "object": "list",\n  "data": [],\n'
    )
