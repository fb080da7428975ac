"""Control endpoints under /_sandbox."""

import httpx
import pytest

from financial_connections.sandbox.http.app import application
from tests.support.sandbox_calls import ACCOUNTS, SESSIONS, get


@pytest.fixture
def account(sandbox):
    return sandbox.add_account(tokenized=True)


def in_process(sandbox):
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(application(sandbox)),
        base_url="http://sandbox",
        headers={"Authorization": f"Bearer {sandbox.api_key}"},
    )


@pytest.mark.anyio
async def test_a_sandbox_can_be_controlled_over_http(sandbox, account):
    async with in_process(sandbox) as client:
        added = await client.post(
            "/_sandbox/faults", json={"kind": "unavailable", "times": 2}
        )
        assert "unavailable" == added.json()["faults"][0]["kind"]
        assert 503 == (await client.get(ACCOUNTS)).status_code
        assert 1 == (await client.get("/_sandbox/faults")).json()["faults"][0]["times"]
        await client.delete("/_sandbox/faults")
        assert 200 == (await client.get(ACCOUNTS)).status_code
        assert {"now": 1_700_000_060} == (
            await client.post("/_sandbox/advance", json={"seconds": 60})
        ).json()
        await client.post("/_sandbox/customers", json={"customer": "cus_mine"})
        new = await client.post(
            "/_sandbox/accounts", json={"customer": "cus_mine", "transactions": 3}
        )
        assert new.json()["account"] == sandbox.accounts[-1]
        await client.post(
            "/_sandbox/quirks", json={"quirks": ["account_is_linked_account"]}
        )
        assert (
            "linked_account" == (await client.get(ACCOUNTS)).json()["data"][0]["object"]
        )


@pytest.mark.anyio
async def test_webhooks_can_be_controlled_over_http(sandbox):
    sandbox.webhook_hosts.add("app")
    options = {"event_payload": "thin", "secret": "whsec_mine"}
    async with in_process(sandbox) as client:
        added = await client.post(
            "/_sandbox/webhooks", json={"url": "http://127.0.0.1:9/hook"}
        )
        other = await client.post(
            "/_sandbox/webhooks", json={"url": "https://app/hook", **options}
        )
        shown = await client.get("/_sandbox/webhooks")
        secrets = [webhook.secret for webhook in sandbox.webhooks]
        removed = await client.delete("/_sandbox/webhooks")

    assert secrets == [added.json()["secret"], other.json()["secret"]]
    assert "whsec_mine" == secrets[1]
    assert ["snapshot", "thin"] == [
        webhook["event_payload"] for webhook in shown.json()["webhooks"]
    ]
    assert not any(secret in shown.text for secret in secrets)
    assert {"webhooks": []} == removed.json()
    assert [] == sandbox.webhooks


@pytest.mark.anyio
async def test_the_clock_and_quirks_can_be_inspected_over_http(sandbox):
    sandbox.set_quirks("owners_null")
    async with in_process(sandbox) as client:
        clock = (await client.get("/_sandbox/clock")).json()
        quirks = (await client.get("/_sandbox/quirks")).json()
        cleared = (await client.delete("/_sandbox/quirks")).json()

    assert {"now": 1_700_000_000, "is_ticking": False} == clock
    assert [{"quirks": ["owners_null"]}, {"quirks": []}] == [quirks, cleared]


@pytest.mark.anyio
async def test_a_session_can_be_cancelled_over_http(sandbox):
    async with in_process(sandbox) as client:
        params = {
            "account_holder[type]": "customer",
            "account_holder[customer]": sandbox.add_customer(),
            "permissions[]": "balances",
        }
        session = (await client.post(SESSIONS, data=params)).json()["id"]
        first, second = [
            await client.post("/_sandbox/cancel", json={"session": session})
            for _ in range(2)
        ]
        done = await client.post("/_sandbox/complete", json={"session": session})
        sessions = (await client.get("/_sandbox/sessions")).json()["sessions"]

    assert (200, {}) == (first.status_code, first.json())
    assert [{"id": session, "status": "cancelled"}] == sessions
    assert [400, 400] == [second.status_code, done.status_code]
    assert [] == sandbox.accounts


@pytest.mark.anyio
async def test_a_session_can_be_completed_over_http(sandbox):
    async with in_process(sandbox) as client:
        params = {
            "account_holder[type]": "customer",
            "account_holder[customer]": sandbox.add_customer(),
        }
        session = (
            await client.post(SESSIONS, data={**params, "permissions[]": "balances"})
        ).json()
        done = await client.post("/_sandbox/complete", json={"session": session["id"]})

    assert sandbox.accounts == done.json()["accounts"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("faults", '{"kind": "bogus"}'),
        ("faults", '{"bogus": 1}'),
        ("faults", "[]"),
        ("faults", "no json"),
        ("quirks", '{"quirks": ["bogus"]}'),
        ("quirks", "{}"),
        ("advance", '{"seconds": -1}'),
        ("accounts", '{"customer": "cus_x"}'),
        ("advance", '{"seconds": Infinity}'),
        ("advance", '{"seconds": NaN}'),
        ("advance", '{"seconds": 1e300}'),
        ("complete", '{"session": "fcsess_x"}'),
        ("complete", "[" * 100_000),
        ("enter_bank_account", '{"session": "fcsess_x"}'),
        ("schedule_deactivation", '{"account": "fca_x", "after": 1}'),
        ("schedule_deactivation", '{"account": "{account}"}'),
        ("schedule_deactivation", '{"account": "{account}", "after": "soon"}'),
        ("schedule_deactivation", '{"account": "{account}", "after": -1}'),
        ("schedule_deactivation", '{"account": "{account}", "after": Infinity}'),
        ("schedule_deactivation", '{"account": "{account}", "after": 1e300}'),
        (
            "schedule_deactivation",
            '{"account": "{account}", "after": 1, "cause": "bogus"}',
        ),
        (
            "schedule_deactivation",
            '{"account": "{account}", "after": 1, "action": "bogus"}',
        ),
        ("schedule_number_expiry", '{"account": "{account}", "after": NaN}'),
        ("deactivate_number", '{"account": 1}'),
        ("webhooks", '{"url": "http://example.com/hook"}'),
        ("webhooks", '{"url": 5}'),
        ("webhooks", '{"url": "http://127.0.0.1:9/", "secret": 5}'),
        ("webhooks", '{"url": "http://127.0.0.1:9/", "api_version": 5}'),
        ("webhooks", '{"url": "http://127.0.0.1:9/", "event_payload": "fat"}'),
        ("webhooks", "{}"),
        ("cancel", '{"session": "fcsess_x"}'),
        ("rate_limits", '{"bogus": 1}'),
        ("rate_limits", '{"total": 0}'),
        ("rate_limits", '{"total": Infinity}'),
    ],
)
async def test_control_endpoints_reject_invalid_requests(
    sandbox, account, path, content
):
    content = content.replace("{account}", account)
    async with in_process(sandbox) as client:
        reply = await client.post(f"/_sandbox/{path}", content=content)

        after = await client.get(f"{ACCOUNTS}/{account}")

    assert 400 == reply.status_code
    assert "invalid_request_error" == reply.json()["error"]["type"]
    assert (200, {}) == (after.status_code, after.json()["status_details"])


@pytest.mark.anyio
async def test_an_account_is_deactivated_and_reactivated_over_http(sandbox, account):
    statuses = []
    async with in_process(sandbox) as client:
        for path in ("deactivate", "reactivate"):
            reply = await client.post(f"/_sandbox/{path}", json={"account": account})
            assert (200, {}) == (reply.status_code, reply.json())
            statuses.append(get(sandbox, f"{ACCOUNTS}/{account}").json["status"])
        missing = await client.post("/_sandbox/deactivate", json={"account": "fca_x"})
    assert ["inactive", "active"] == statuses
    assert 400 == missing.status_code


async def test_access_and_account_numbers_can_be_controlled_over_http(sandbox, account):
    async def control(path, **body):
        reply = await client.post(f"/_sandbox/{path}", json=body)
        assert 200 == reply.status_code, reply.text
        return reply.json()

    async def create(**params):
        params = {"permissions[]": "balances", **params}
        reply = await client.post(SESSIONS, data=params)
        return reply.json()["id"]

    async with in_process(sandbox) as client:
        holder = (await control("customer_accounts"))["customer_account"]
        params = {
            "account_holder[type]": "customer",
            "account_holder[customer_account]": holder,
        }
        new = [{"category": "credit"}, {"tokenized": True}]
        linked = await control("complete", session=await create(**params), accounts=new)
        again = linked["accounts"][1]
        await control("schedule_deactivation", account=again, after=60)
        await control("schedule_number_expiry", account=account, after=60)
        await control("advance", seconds=60)
        before = (await client.get(f"{ACCOUNTS}/{again}")).json()
        await control("complete", session=await create(**params), accounts=[again])
        after = (await client.get(f"{ACCOUNTS}/{again}")).json()
        other = sandbox.add_account()
        await control("deactivate_number", account=other)
        session = await create(**params, **{"manual_entry[mode]": "automatic"})
        token = await control("enter_bank_account", session=session)
        retrieved = (await client.get(f"{SESSIONS}/{session}")).json()

    assert ["inactive", "active"] == [before["status"], after["status"]]
    statuses = {
        item["id"]: [number["status"] for number in item["account_numbers"] or []]
        for item in get(sandbox, ACCOUNTS).json["data"]
    }
    assert (["expired"], ["deactivated"]) == (statuses[account], statuses[other])
    assert token["bank_account_token"] == retrieved["bank_account_token"]["id"]


async def test_limits_and_traffic_can_be_controlled_over_http(sandbox):
    async with in_process(sandbox) as client:
        limits = {"per_endpoint": 1, "retry_after": 3}
        await client.post("/_sandbox/rate_limits", json=limits)
        changed = await client.post("/_sandbox/rate_limits", json={"concurrent": 2})
        assert changed.json() == (await client.get("/_sandbox/rate_limits")).json()
        assert {**limits, "concurrent": 2} == {
            name: limit for name, limit in changed.json().items() if limit
        }
        replies = [await client.get(ACCOUNTS) for _ in range(2)]
        traffic = (await client.get("/_sandbox/traffic")).json()
        after = (await client.delete("/_sandbox/traffic")).json()

    assert [200, 429] == [reply.status_code for reply in replies]
    assert "3" == replies[1].headers["Retry-After"]
    assert {
        "received": 2,
        "admitted": 1,
        "rejected": {"endpoint-rate": 1},
        "peak_received": 2,
        "peak_admitted": 1,
    } == traffic["operations"]["list_accounts"]
    assert (2, 0) == (traffic["total"]["received"], after["total"]["received"])


@pytest.mark.anyio
async def test_control_endpoints_require_a_key(sandbox):
    async with in_process(sandbox) as client:
        reply = await client.get(
            "/_sandbox/faults", headers={"Authorization": "Bearer nobody"}
        )

    assert 401 == reply.status_code
