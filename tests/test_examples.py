"""Tests of the examples, against the sandbox."""

from contextlib import asynccontextmanager

import httpx
import pytest

from examples import nightly
from examples.ledger import Ledger, OvertakenError
from financial_connections import AsyncClient
from financial_connections.sandbox import Sandbox
from financial_connections.sandbox.http.app import application
from financial_connections.sync import Batch


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
