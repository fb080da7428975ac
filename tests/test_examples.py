"""Tests of the examples, against the sandbox."""

import logging
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest

from examples import nightly
from examples.ledger import Ledger, OvertakenError
from examples.web_app import create_app
from financial_connections import AsyncClient
from financial_connections.sandbox import Clock, Sandbox
from financial_connections.sandbox.http.app import application
from financial_connections.sync import Batch

SECRET = "whsec_of_the_test"


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "ledger.db")


def expected_totals(sandbox):
    """Return the totals of a ledger that is in sync with the sandbox."""
    transactions = sandbox._state.platform.transactions.values()
    accounts = {transaction.account for transaction in transactions}
    amounts = {
        account: [
            t.amount
            for t in transactions
            if t.account == account and t.status != "void"
        ]
        for account in accounts
    }
    return {account: (len(values), sum(values)) for account, values in amounts.items()}


def test_a_batch_is_stored_only_after_the_cursor_it_follows(ledger):
    ledger.store(Batch("fca_1", [], previous=None, cursor="c1"))
    ledger.store(Batch("fca_1", [], previous="c1", cursor="c2"))
    for outdated in (None, "c1"):
        with pytest.raises(OvertakenError):
            ledger.store(Batch("fca_1", [], previous=outdated, cursor="c9"))
    assert ("c2", None) == (ledger.cursor("fca_1"), ledger.cursor("fca_2"))


async def test_the_nightly_script_syncs_every_active_account(
    tmp_path, no_waiting, capsys
):
    sandboxes = []

    class RecordedSandbox(Sandbox):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            sandboxes.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nightly, "Sandbox", RecordedSandbox)
        await nightly.demo(tmp_path / "ledger.db")
    output = capsys.readouterr().out
    assert "4 of 4 accounts, 1528 transactions" in output
    assert "4 of 4 accounts, 7 transactions" in output
    disconnected_and_inactive = set(sandboxes[0].accounts[:2])
    assert (
        not disconnected_and_inactive & Ledger(tmp_path / "ledger.db").totals().keys()
    )
    assert 2 == output.count("must be linked again")
    assert f"{sandboxes[0].accounts[1]} must be linked again" in output
    assert expected_totals(sandboxes[0]) == Ledger(tmp_path / "ledger.db").totals()


async def test_the_nightly_script_reports_accounts_to_relink(
    ledger, no_waiting, capsys
):
    sandbox = Sandbox()
    customer = sandbox.add_customer()
    fine, ending, lost = (
        sandbox.add_account(customer=customer, institution_name=name)
        for name in ("Example Bank", "Sandcastle Savings", "Nowhere Provincial Bank")
    )
    sandbox.institution.schedule_deactivation(ending, after=86_400)
    sandbox.institution.schedule_deactivation(lost, after=86_400, action="none")
    async with connect(sandbox) as client:
        await nightly.run_night(client, customer, ledger)
        sandbox.advance(86_400)
        first = capsys.readouterr().out
        await nightly.run_night(client, customer, ledger)
    second = capsys.readouterr().out
    reported = "{} must be linked again".format
    assert [False, True, False] == [
        reported(account) in first for account in (fine, ending, lost)
    ]
    assert [False, True, True] == [
        reported(account) in second for account in (fine, ending, lost)
    ]


async def test_a_failed_refresh_does_not_stop_the_nightly_script(
    ledger, no_waiting, capsys
):
    sandbox = Sandbox()
    customer = sandbox.add_customer()
    accounts = [
        sandbox.add_account(customer=customer, transactions=5) for _ in range(2)
    ]
    sandbox.fail_refreshes(accounts[0])
    async with connect(sandbox) as client:
        await nightly.run_night(client, customer, ledger)
    assert f"refreshing {accounts[0]} failed" in capsys.readouterr().out
    assert expected_totals(sandbox) == ledger.totals()


@asynccontextmanager
async def connect(sandbox):
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(application(sandbox))) as http,
        AsyncClient(
            sandbox.api_key, base_url="http://127.0.0.1", http_client=http
        ) as client,
    ):
        yield client


@asynccontextmanager
async def open_browser(app):
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8000"
        ) as browser,
    ):
        yield browser


@pytest.mark.asyncio  # uvicorn runs the application on asyncio
async def test_the_web_application_links_accounts_and_syncs_them_on_webhooks(
    ledger, no_waiting
):
    sandbox = Sandbox(clock=Clock.system())
    customer = sandbox.add_customer()
    sandbox.add_webhook("http://127.0.0.1:8000/stripe", secret=SECRET, duplicated=True)
    async with (
        connect(sandbox) as client,
        open_browser(create_app(client, ledger, SECRET)) as browser,
    ):
        session = (
            await browser.post("/sessions", params={"customer": customer})
        ).json()
        [account] = sandbox.complete(session["client_secret"])
        [listed] = (
            await browser.get("/accounts", params={"customer": customer})
        ).json()
        assert (account, "active") == (listed["id"], listed["status"])
        retrieved = (await browser.get(f"/accounts/{account}")).json()
        assert (account, listed.keys()) == (retrieved["id"], retrieved.keys())
        sandbox.add_transactions(account, 120)
        assert {200} == {
            delivery.status for delivery in await sandbox.deliver_webhooks(browser)
        }
        [pending] = sandbox.add_transactions(account, status="pending")
        sandbox.void(pending)
        await sandbox.deliver_webhooks(browser)
        transactions = (await browser.get(f"/accounts/{account}/transactions")).json()
        assert (100, pending) == (len(transactions), transactions[0]["id"])
        with anyio.fail_after(60):
            while (await browser.get("/totals")).json().get(account, [0])[0] < 120:
                await anyio.lowlevel.checkpoint()
    assert expected_totals(sandbox) == ledger.totals()


@pytest.mark.asyncio  # uvicorn runs the application on asyncio
async def test_the_web_application_reports_errors_without_details(ledger, caplog):
    sandbox = Sandbox()
    async with (
        connect(sandbox) as client,
        open_browser(create_app(client, ledger, SECRET)) as browser,
    ):
        missing = await browser.get("/accounts/fca_nowhere")
        wrong = await browser.post("/sessions", params={"customer": "cus_nobody"})
        forged = await browser.post(
            "/stripe", content=b"{}", headers={"Stripe-Signature": "t=1,v1=0"}
        )
    assert ["NotFoundError", "InvalidRequestError"] == [
        record.getMessage().partition(":")[0]
        for record in caplog.records
        if record.name == "example"
    ]
    responses = (missing, wrong, forged)
    assert [404, 400, 400] == [response.status_code for response in responses]
    assert {"error": "InvalidRequestError"} == wrong.json()


async def test_an_account_that_cannot_be_synced_does_not_stop_others(
    ledger, caplog, no_waiting
):
    sandbox = Sandbox(clock=Clock.system())
    sandbox.add_webhook("http://127.0.0.1:8000/stripe", secret=SECRET)
    gone, good = (
        sandbox.add_account(transactions=3),
        sandbox.add_account(transactions=4),
    )
    sandbox.disconnect(gone)
    with caplog.at_level(logging.WARNING, "example"):
        async with (
            connect(sandbox) as client,
            open_browser(create_app(client, ledger, SECRET)) as browser,
        ):
            await sandbox.deliver_webhooks(browser)
    assert {good: expected_totals(sandbox)[good]} == ledger.totals()
    assert f"syncing {gone} failed" in caplog.text


@pytest.mark.asyncio  # uvicorn runs the application on asyncio
async def test_the_web_application_logs_which_accounts_lose_access(ledger, caplog):
    sandbox = Sandbox(clock=Clock.system())
    sandbox.add_webhook("http://127.0.0.1:8000/stripe", secret=SECRET)
    ending, lost = (
        sandbox.add_account(institution_name=name)
        for name in ("Example Bank", "Sandcastle Savings")
    )
    sandbox.institution.schedule_deactivation(ending, after=86_400)
    sandbox.deactivate(lost)
    async with (
        connect(sandbox) as client,
        open_browser(create_app(client, ledger, SECRET)) as browser,
    ):
        await sandbox.deliver_webhooks(browser)
    assert f"access to {ending} will end" in caplog.messages
    assert f"access to {lost} has ended" in caplog.messages
    assert 2 == caplog.text.count("access to")
