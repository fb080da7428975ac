"""The web application: from linking an account to disconnecting it."""

import json
import logging

import pytest

from examples.web import logs
from financial_connections.sandbox import Fault, NewAccount
from financial_connections.webhooks import sign
from tests.support import web
from tests.support.web import link, overview, running, sign_up, until_handled

CHECKING = NewAccount(
    display_name="Everyday Checking", transactions=120, last4="0042", balance=123_456
)


@pytest.fixture
async def browser(database_url, sandbox):
    async with (
        running(web.new_settings(database_url), sandbox) as open_browser,
        open_browser() as browser,
    ):
        await sign_up(browser)
        yield browser


async def test_a_linked_account_is_synced_when_its_events_arrive(browser, sandbox):
    [account] = await link(browser, sandbox, [CHECKING])
    [shown] = (await overview(browser))["accounts"]
    assert ("pending", None) == (shown["refresh"], shown["balance"])

    sandbox.advance(10)
    await until_handled(browser, sandbox)

    state = await overview(browser)
    [shown] = state["accounts"]
    assert {
        "id": account,
        "institution": "Example Bank",
        "name": "Everyday Checking",
        "last4": "0042",
        "status": "active",
        "balance": 123_456,
        "currency": "usd",
        "refresh": "succeeded",
    }.items() <= shown.items()
    assert 25 == len(state["transactions"])
    stored = sandbox._state.platform.transactions.values()
    spent = -sum(t.amount for t in stored if t.amount < 0 and t.status != "void")
    assert spent == sum(month["spent"] for month in state["months"])
    assert sandbox._state.platform.accounts.get(account).subscription is not None


async def test_new_transactions_arrive_and_a_void_one_disappears(browser, sandbox):
    [account] = await link(browser, sandbox, [CHECKING])
    sandbox.advance(10)
    [pending] = sandbox.add_transactions(account, status="pending")
    await until_handled(browser, sandbox)
    assert pending == (await overview(browser))["transactions"][0]["id"]
    sandbox.void(pending)
    await until_handled(browser, sandbox)
    assert pending != (await overview(browser))["transactions"][0]["id"]


async def test_an_account_is_saved_by_its_event_if_the_page_was_closed(
    browser, sandbox
):
    secret = (await browser.post("/api/sessions")).json()["client_secret"]
    [account] = sandbox.complete(secret)
    await until_handled(browser, sandbox)
    assert [account] == [item["id"] for item in (await overview(browser))["accounts"]]


async def test_a_disconnected_account_and_its_data_are_deleted(browser, sandbox):
    kept, gone = await link(browser, sandbox, [CHECKING, CHECKING])
    sandbox.advance(10)
    await until_handled(browser, sandbox)
    response = await browser.post(f"/api/accounts/{gone}/disconnect")
    assert 204 == response.status_code
    await until_handled(browser, sandbox)
    state = await overview(browser)
    assert [kept] == [account["id"] for account in state["accounts"]]
    assert {"Everyday Checking"} == {item["account"] for item in state["transactions"]}


async def test_a_refresh_can_be_started_again_after_a_while(browser, sandbox):
    [account] = await link(browser, sandbox, [CHECKING])
    sandbox.advance(10)
    await until_handled(browser, sandbox)
    # The page shows no button before both features can be refreshed.
    refresh_at = (await overview(browser))["accounts"][0]["refresh_at"]
    assert refresh_at > sandbox.clock.now()
    early = await browser.post(f"/api/accounts/{account}/refresh")
    sandbox.advance(100)  # less than the tolerance of signatures
    sandbox.set_balance(account, 5)
    later = await browser.post(f"/api/accounts/{account}/refresh")
    assert "pending" == (await overview(browser))["accounts"][0]["refresh"]
    sandbox.advance(10)
    await until_handled(browser, sandbox)
    assert refresh_at <= sandbox.clock.now()
    assert (400, 202) == (early.status_code, later.status_code)
    assert "not possible now" in early.json()["detail"]
    assert 5 == (await overview(browser))["accounts"][0]["balance"]


async def test_an_inactive_account_is_shown_as_such(browser, sandbox):
    [account] = await link(browser, sandbox, [CHECKING])
    sandbox.deactivate(account)
    await until_handled(browser, sandbox)
    assert "inactive" == (await overview(browser))["accounts"][0]["status"]


async def test_events_about_accounts_of_nobody_are_ignored(browser, sandbox):
    sandbox.add_account(transactions=3)
    await until_handled(browser, sandbox)
    assert [] == (await overview(browser))["accounts"]


async def test_an_event_about_an_unknown_account_is_handled_once(browser, sandbox):
    event = {
        "id": "evt_1",
        "object": "v2.core.event",
        "type": "v1.financial_connections.account.created",
        "created": "2026-01-31T12:00:00.000Z",
        "livemode": False,
        "related_object": {
            "id": "fca_unknown",
            "type": "financial_connections.account",
            "url": "/v1/financial_connections/accounts/fca_unknown",
        },
    }
    body = json.dumps(event).encode()
    headers = {"Stripe-Signature": sign(body, web.SECRET)}
    response = await browser.post("/stripe", content=body, headers=headers)
    assert 200 == response.status_code
    await until_handled(browser, sandbox)
    assert 1 == sandbox.traffic.operations["retrieve_account"].received


async def test_a_forged_event_is_rejected(browser):
    headers = {"Stripe-Signature": "t=1,v1=0"}
    assert (
        400
        == (await browser.post("/stripe", content=b"{}", headers=headers)).status_code
    )
    assert 0 == (await browser.get("/healthz")).json()["pending_events"]


async def test_an_acknowledged_event_survives_a_failure_and_a_restart(
    database_url, sandbox
):
    settings = web.new_settings(database_url)
    async with running(settings, sandbox) as open_browser, open_browser() as browser:
        cookies = (await sign_up(browser)).cookies
        [account] = await link(browser, sandbox, [CHECKING])
        sandbox.advance(10)
        sandbox.inject(Fault("server_error", operation="retrieve_account", times=100))
        await sandbox.deliver_webhooks(browser)
        assert (await browser.get("/healthz")).json()["pending_events"] > 0
    sandbox.api.faults.clear()
    async with running(settings, sandbox) as open_browser, open_browser() as browser:
        browser.cookies = cookies
        database = browser._transport.app.state.database
        async with database.transaction() as transaction:
            await transaction.execute("UPDATE inbox SET due_at = 0")
        await until_handled(browser, sandbox)
        state = await overview(browser)
    assert [account] == [item["id"] for item in state["accounts"]]
    assert 25 == len(state["transactions"])


async def test_logs_are_json_without_bank_data(browser, sandbox, caplog):
    with caplog.at_level(logging.INFO):
        [account] = await link(browser, sandbox, [CHECKING])
        sandbox.advance(10)
        await until_handled(browser, sandbox)
        await browser.post(f"/api/accounts/{account}/refresh")
    formatter = logs.JSONFormatter()
    ours = [record for record in caplog.records if record.name.startswith("web")]
    lines = [formatter.format(record) for record in ours]
    entries = [json.loads(line) for line in lines]
    assert {"event", "handled", "call failed"} <= {
        entry["message"] for entry in entries
    }
    assert "InvalidRequestError" == entries[-1]["error"]
    for secret in ("0042", "123456", "Everyday", "ada@example.com", sandbox.api_key):
        assert not any(secret in line for line in lines)


async def test_the_health_check_fails_without_the_database(browser):
    await browser._transport.app.state.database.aclose()
    response = await browser.get("/healthz")
    assert (503, {"status": "unavailable"}) == (response.status_code, response.json())
