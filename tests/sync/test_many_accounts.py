"""Syncs of many accounts at once."""

from collections import defaultdict

import anyio
import pytest

from financial_connections import InvalidArgumentError
from financial_connections.models import Account
from financial_connections.sandbox import Sandbox
from financial_connections.sync import Progress
from tests.support.sync.clients import account_in, client_of


async def test_the_batches_of_each_account_arrive_in_order():
    sandbox = Sandbox()
    accounts = [
        sandbox.add_account(transactions=count) for count in (0, 1, 100, 101, 350)
    ]
    seen = defaultdict(list)
    async with (
        client_of(sandbox) as client,
        client.transactions.sync_many(accounts, concurrency=3) as changes,
    ):
        async for batch in changes:
            seen[batch.account] += [
                transaction.id for transaction in batch.transactions
            ]
        assert {} == changes.errors
        for account in accounts[1:]:
            assert seen[account] == [
                item.id async for item in client.transactions.list(account=account)
            ]
    assert set(accounts[1:]) == set(seen)


async def test_a_mapping_of_cursors_resumes_each_account():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=3) for _ in range(4)]
    cursors = dict.fromkeys(accounts)
    async with client_of(sandbox) as client:
        for expected in (12, 0, 4):
            if expected == 4:
                [sandbox.add_transactions(account) for account in accounts]
            async with client.transactions.sync_many(cursors) as changes:
                async for batch in changes:
                    cursors[batch.account] = batch.cursor
            assert expected == changes.progress.transactions


async def test_concurrency_limits_the_accounts_read_at_once():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=5) for _ in range(8)]
    running, most = set(), []

    async def before(request):
        running.add(account_in(request))
        most.append(len(running))
        await anyio.wait_all_tasks_blocked()
        running.remove(account_in(request))

    async with (
        client_of(sandbox, before=before) as client,
        client.transactions.sync_many(accounts, concurrency=3) as changes,
    ):
        assert 8 == len([batch async for batch in changes])
    assert 3 == max(most)


async def test_a_slow_consumer_slows_down_the_requests():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=500) for _ in range(6)]
    requests = []

    async def before(request):
        requests.append(account_in(request))

    async with (
        client_of(sandbox, before=before) as client,
        client.transactions.sync_many(accounts, concurrency=3, limit=10) as changes,
    ):
        await anext(changes)
        await anyio.wait_all_tasks_blocked()
        # Each of three accounts and its first page, and the next page of the one whose
        # batch was taken.
        assert 7 == len(requests)


async def test_no_task_outlives_the_block():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=500) for _ in range(6)]
    requests = []

    async def before(request):
        requests.append(account_in(request))

    async with client_of(sandbox, before=before) as client:
        async with client.transactions.sync_many(
            accounts, concurrency=3, limit=10
        ) as changes:
            await anext(changes)
        ended = len(requests)
        await anyio.wait_all_tasks_blocked()
        assert ended == len(requests)


async def test_a_block_can_be_cancelled():
    async def never(request):
        await anyio.sleep_forever()

    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=5) for _ in range(3)]
    async with client_of(sandbox, before=never) as client:
        with anyio.move_on_after(0.01) as scope:
            async with client.transactions.sync_many(accounts) as changes:
                await anext(changes)
    assert scope.cancelled_caught


async def test_progress_is_reported_after_each_batch_and_account(caplog):
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=150), sandbox.add_account()]
    reports = []

    def on_progress(progress):
        reports.append(progress)
        raise OSError("the terminal is gone")

    async with client_of(sandbox) as client:
        settings = {"concurrency": 1, "on_progress": on_progress}
        async with client.transactions.sync_many(accounts, **settings) as changes:
            assert 2 == len([batch async for batch in changes])
    assert Progress(accounts=2, batches=1, transactions=100) == reports[0]
    assert (
        Progress(accounts=2, done=2, batches=2, transactions=150)
        == reports[-1]
        == changes.progress
    )
    assert 4 == len(reports)
    assert "on_progress raised an error; the sync continues" in caplog.text


async def test_an_account_given_twice_is_read_once():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=1)
    async with (
        client_of(sandbox) as client,
        client.transactions.sync_many([account, account]) as changes,
    ):
        assert [account] == [batch.account async for batch in changes]


@pytest.mark.parametrize("accounts", [[], {}, iter(())])
async def test_no_accounts_yield_no_batches(accounts):
    async with (
        client_of(Sandbox()) as client,
        client.transactions.sync_many(accounts) as changes,
    ):
        assert [] == [batch async for batch in changes]


async def test_invalid_arguments_are_rejected_before_sending():
    async with client_of(Sandbox()) as client:
        for accounts in ("fca_1", None, Account()):
            with pytest.raises(InvalidArgumentError, match="a list or an async"):
                client.transactions.sync_many(accounts)
        with pytest.raises(InvalidArgumentError, match="limit must be"):
            client.transactions.sync_many(["fca_1"], limit=101)
        for concurrency in (0, True, 1.5):
            with pytest.raises(
                InvalidArgumentError,
                match="concurrency must be an integer of at least 1",
            ):
                client.transactions.sync_many(["fca_1"], concurrency=concurrency)
        with pytest.raises(TypeError, match="must be entered before iterating"):
            async for _ in client.transactions.sync_many(["fca_1"]):
                pass


@pytest.mark.parametrize(
    "accounts", [{None: None}, [""], [5], {"fca_1": 5}, {"fca_1": b"fcs1.W10"}]
)
async def test_ids_and_cursors_that_are_not_strings_are_rejected(accounts):
    async with client_of(Sandbox()) as client:
        with pytest.raises(
            InvalidArgumentError, match="account must be|must be a string or None"
        ):
            client.transactions.sync_many(accounts)
