"""Faults and quirks, both in process and over HTTP."""

import contextlib

import anyio
import httpx
import pytest

from financial_connections.sandbox import Fault, serve
from financial_connections.sandbox.http.app import application
from tests.support.sandbox_calls import ACCOUNTS, FORM, SESSIONS, get, post

EMPTY_FORM = {"Content-Type": FORM}


@pytest.fixture
def account(sandbox):
    return sandbox.add_account(balance=100, owners=1)


def in_process(sandbox, app=None):
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app or application(sandbox)),
        base_url="http://sandbox",
        headers={"Authorization": f"Bearer {sandbox.api_key}"},
    )


@contextlib.asynccontextmanager
async def over_http(sandbox):
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    async with (
        serve(sandbox) as server,
        httpx.AsyncClient(base_url=server.url, headers=headers) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("kind", "status", "error_type", "code"),
    [
        ("rate_limited", 429, "invalid_request_error", "rate_limit"),
        ("lock_timeout", 409, "invalid_request_error", "lock_timeout"),
        ("server_error", 500, "api_error", None),
        ("stored_server_error", 500, "api_error", None),
        ("unavailable", 503, "api_error", None),
    ],
)
def test_an_error_fault_returns_its_status_and_code(
    sandbox, account, kind, status, error_type, code
):
    sandbox.inject(Fault(kind))
    reply = get(sandbox, ACCOUNTS)

    assert (status, error_type, code) == (
        reply.status,
        reply.error["type"],
        reply.error.get("code"),
    )
    assert 200 == get(sandbox, ACCOUNTS).status


def test_the_body_of_a_bad_gateway_is_html(sandbox):
    sandbox.inject(Fault("bad_gateway"))
    reply = get(sandbox, ACCOUNTS)

    assert (502, "text/html") == (reply.status, reply.headers["Content-Type"])
    assert reply.body.startswith(b"<html>")
    assert reply.headers["Request-Id"].startswith("req_")


@pytest.mark.parametrize("kind", ["unavailable", "bad_gateway", "lock_timeout"])
def test_a_fault_can_add_retry_headers(sandbox, kind):
    sandbox.inject(Fault(kind, retry_after=7, should_retry=False))
    reply = get(sandbox, ACCOUNTS)

    assert ("7", "false") == (
        reply.headers["Retry-After"],
        reply.headers["Stripe-Should-Retry"],
    )


def test_faults_affect_their_operation_in_order_the_given_number_of_times(
    sandbox, account
):
    sandbox.inject(
        Fault("unavailable", operation="retrieve_account", times=2),
        Fault("server_error", times=None),
    )
    path = f"{ACCOUNTS}/{account}"

    assert 500 == get(sandbox, ACCOUNTS).status
    assert [503, 503, 500, 500] == [get(sandbox, path).status for _ in range(4)]
    sandbox.api.faults.clear()
    assert 200 == get(sandbox, path).status


@pytest.mark.parametrize(
    "arguments",
    [
        {"kind": "bogus"},
        {"kind": "reset", "times": 0},
        {"kind": "latency", "seconds": -1},
    ],
)
def test_an_invalid_fault_is_rejected(arguments):
    with pytest.raises(ValueError, match="must be"):
        Fault(**arguments)


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["reset", "response_lost", "reset_mid_body"])
@pytest.mark.parametrize("connect", [in_process, over_http])
async def test_a_connection_is_reset_before_or_after_the_endpoint_runs(
    sandbox, account, kind, connect
):
    sandbox.inject(Fault(kind))
    async with connect(sandbox) as client:
        with pytest.raises(httpx.ReadError):
            await client.post(f"{ACCOUNTS}/{account}/disconnect", headers=EMPTY_FORM)
        after = (await client.get(f"{ACCOUNTS}/{account}")).json()

    assert ("active" if kind == "reset" else "disconnected") == after["status"]


@pytest.mark.anyio
@pytest.mark.parametrize("connect", [in_process, over_http])
async def test_retrying_after_a_lost_response_returns_that_response(
    sandbox, account, connect
):
    sandbox.inject(Fault("response_lost"))
    request = {
        "headers": {"Idempotency-Key": "k"},
        "data": {"features[]": "transactions"},
    }
    async with connect(sandbox) as client:
        with pytest.raises(httpx.ReadError):
            await client.post(f"{ACCOUNTS}/{account}/refresh", **request)
        reply = await client.post(f"{ACCOUNTS}/{account}/refresh", **request)
    sandbox.advance(1000)

    assert "true" == reply.headers["Idempotent-Replayed"]
    refreshed = [event["type"] for event in sandbox.events]
    assert 1 == refreshed.count("financial_connections.account.refreshed_transactions")


@pytest.mark.anyio
@pytest.mark.parametrize("connect", [in_process, over_http])
async def test_truncated_json_is_half_the_body(sandbox, account, connect):
    sandbox.inject(Fault("truncated_json"))
    async with connect(sandbox) as client:
        half = await client.get(f"{ACCOUNTS}/{account}")
        whole = await client.get(f"{ACCOUNTS}/{account}")

    assert 200 == half.status_code
    assert str(len(half.content)) == half.headers["Content-Length"]
    assert whole.content[: len(whole.content) // 2] == half.content


@pytest.mark.anyio
async def test_slow_bodies_and_latency_take_the_given_seconds(sandbox, account):
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    async with in_process(sandbox, application(sandbox, sleep)) as client:
        sandbox.inject(Fault("slow_body", seconds=20), Fault("latency", seconds=3))
        slow = await client.get(f"{ACCOUNTS}/{account}")
        assert [2.0] * 10 == waited
        waited.clear()
        late = await client.get(f"{ACCOUNTS}/{account}")

    assert [3] == waited
    assert 200 == slow.status_code
    assert late.json()["id"] == slow.json()["id"]


@pytest.mark.anyio
async def test_a_key_is_in_use_while_its_endpoint_is_slow(sandbox, account):
    asleep, awake = anyio.Event(), anyio.Event()

    async def sleep(_):
        asleep.set()
        await awake.wait()

    replies = []
    request = {"headers": {"Idempotency-Key": "k", **EMPTY_FORM}}
    sandbox.inject(Fault("latency", seconds=30))
    async with (
        in_process(sandbox, application(sandbox, sleep)) as client,
        anyio.create_task_group() as tasks,
    ):

        async def disconnect():
            replies.append(
                await client.post(f"{ACCOUNTS}/{account}/disconnect", **request)
            )

        tasks.start_soon(disconnect)
        await asleep.wait()
        meanwhile = await client.post(f"{ACCOUNTS}/{account}/disconnect", **request)
        awake.set()

    assert (409, "idempotency_key_in_use") == (
        meanwhile.status_code,
        meanwhile.json()["error"]["code"],
    )
    assert [200] == [reply.status_code for reply in replies]


@pytest.mark.anyio
async def test_a_client_that_disconnects_releases_its_idempotency_key(sandbox, account):
    asleep = anyio.Event()

    async def sleep(_):
        asleep.set()
        await anyio.sleep_forever()

    request = {"headers": {"Idempotency-Key": "k", **EMPTY_FORM}}
    sandbox.inject(Fault("latency", seconds=30))
    async with in_process(sandbox, application(sandbox, sleep)) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(
                lambda: client.post(f"{ACCOUNTS}/{account}/disconnect", **request)
            )
            await asleep.wait()
            tasks.cancel_scope.cancel()
        reply = await client.post(f"{ACCOUNTS}/{account}/disconnect", **request)

    assert 200 == reply.status_code


def test_quirks_make_responses_violate_the_contract(sandbox, account):
    customer = sandbox.add_customer()
    params = {
        "account_holder": {"type": "customer", "customer": customer},
        "permissions": ["balances"],
    }
    session = post(sandbox, SESSIONS, params).json["id"]
    post(sandbox, f"{ACCOUNTS}/{account}/refresh", {"features": ["ownership"]})
    plain = get(sandbox, f"{ACCOUNTS}/{account}", "expand[]=ownership")

    def quirky(*quirks, path=f"{ACCOUNTS}/{account}", query="expand[]=ownership"):
        sandbox.set_quirks(*quirks)
        return get(sandbox, path, query).json

    session_request = {"path": f"{SESSIONS}/{session}", "query": ""}
    assert "linked_account" == quirky("account_is_linked_account")["object"]
    assert quirky("owners_null")["ownership"]["owners"] is None
    assert {"last_attempted_at", "status"} == set(
        quirky("next_refresh_absent")["balance_refresh"]
    )
    balance = quirky("undefined_currency")["balance"]
    assert ({"undefined": 100}, {"undefined": 100}) == (
        balance["current"],
        balance["cash"]["available"],
    )
    assert "" == quirky("session_url_empty", **session_request)["accounts"]["url"]
    assert "accounts" not in quirky("session_without_accounts", **session_request)
    assert "permissions" not in quirky("session_without_permissions", **session_request)
    sandbox.set_quirks()
    assert (
        get(sandbox, f"{ACCOUNTS}/{account}", "expand[]=ownership").json["id"]
        == plain.json["id"]
    )


def test_a_quirk_makes_an_account_pending_during_a_refresh(sandbox, account):
    sandbox.set_quirks("account_pending", "account_is_linked_account")
    reply = post(sandbox, f"{ACCOUNTS}/{account}/refresh", {"features": ["balance"]})

    assert ("pending", "linked_account") == (reply.json["status"], reply.json["object"])
    sandbox.advance(5)
    assert "active" == get(sandbox, f"{ACCOUNTS}/{account}").json["status"]


@pytest.mark.anyio
@pytest.mark.parametrize("segment", ["a%0Ab", "%00", "%2F..%2F", "_sandbox", "%C3%BF"])
async def test_unusual_ids_are_handled_by_the_api(sandbox, segment):
    async with in_process(sandbox) as client:
        reply = await client.get(f"{ACCOUNTS}/{segment}")

    assert (404, "resource_missing") == (
        reply.status_code,
        reply.json()["error"]["code"],
    )
