"""The batches and cursors of one account."""

import pytest

from financial_connections.sandbox import Rules, Sandbox
from financial_connections.sync.cursor import Checkpoint, decode_cursor
from tests.support.samples import TRANSACTION, list_of
from tests.support.sync.clients import batches_of, changes_of, client_of


async def test_a_later_sync_returns_only_what_has_changed():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=250)
    async with client_of(sandbox) as client:
        first = await batches_of(client, account)
        [pending] = sandbox.add_transactions(account, status="pending")
        second = await batches_of(client, account, first[-1].cursor)
        sandbox.post(pending)
        third = await batches_of(client, account, second[-1].cursor)
    assert [100, 100, 50] == [len(batch.transactions) for batch in first]
    assert [[(pending, "pending")], [(pending, "posted")]] == [
        [(transaction.id, transaction.status) for transaction in batch.transactions]
        for batch in (*second, *third)
    ]
    assert {account} == {batch.account for batch in first}


async def test_a_sync_without_changes_requests_only_the_account():
    sandbox, requests = Sandbox(), []
    account = sandbox.add_account(transactions=3)
    async with client_of(sandbox, requests) as client:
        [batch] = await batches_of(client, account)
        assert [] == await batches_of(client, account, batch.cursor)
    page = {"account": account, "limit": "100"}
    assert [{}, page, page, {}] == requests


async def test_a_refresh_without_changes_advances_the_cursor_in_an_empty_batch():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=3)
    async with client_of(sandbox) as client:
        [batch] = await batches_of(client, account)
        await client.accounts.refresh(account, features=["transactions"])
        sandbox.advance(60)
        [empty] = await batches_of(client, account, batch.cursor)
        assert [] == await batches_of(client, account, empty.cursor)
    assert [] == empty.transactions
    assert batch.cursor != empty.cursor


async def test_an_account_without_a_refresh_yields_no_batch():
    sandbox = Sandbox()
    account = sandbox.add_account()
    async with (
        client_of(sandbox) as client,
        client.transactions.sync(account) as changes,
    ):
        assert [] == [batch async for batch in changes]
        assert changes.account.transaction_refresh is None
        assert Checkpoint() == decode_cursor(account, changes.cursor)


@pytest.mark.parametrize("end", ["pending", "failed"])
async def test_an_unsuccessful_refresh_returns_data_without_advancing_the_cursor(end):
    sandbox = Sandbox(rules=Rules(refresh_polls=None))
    account = sandbox.add_account(transactions=3)
    async with client_of(sandbox) as client:
        [batch] = await batches_of(client, account)
        [new] = sandbox.add_transactions(account)
        sandbox.fail_refreshes(account)
        await client.accounts.refresh(account, features=["transactions"])
        sandbox.advance(60 if end == "failed" else 0)
        for _ in range(2):
            async with client.transactions.sync(
                account, cursor=batch.cursor
            ) as changes:
                [late] = [batch async for batch in changes]
            assert end == changes.account.transaction_refresh.status
            assert ([new], batch.cursor) == (
                [transaction.id for transaction in late.transactions],
                late.cursor,
            )


async def test_a_typical_update_takes_three_requests():
    sandbox, requests = Sandbox(), []
    account = sandbox.add_account(transactions=250)
    async with client_of(sandbox, requests) as client:
        first = await batches_of(client, account)
        new = sandbox.add_transactions(account, 99)
        del requests[:]
        [batch] = await batches_of(client, account, first[-1].cursor)
    assert new[::-1] == [transaction.id for transaction in batch.transactions]
    assert 3 == len(requests)


async def test_a_sync_resumes_in_the_middle_if_there_was_no_refresh():
    sandbox, requests = Sandbox(), []
    account = sandbox.add_account(transactions=7)
    async with client_of(sandbox, requests) as client:
        async with client.transactions.sync(account, limit=3) as changes:
            middle = await anext(changes)
        del requests[:]
        rest = await batches_of(client, account, middle.cursor, limit=3)
    assert middle.transactions[-1].id == requests[1]["starting_after"]
    everything = {item.id for batch in (middle, *rest) for item in batch.transactions}
    assert everything == set(sandbox._state.platform.transactions)


async def test_a_sync_restarts_the_scan_if_there_was_a_refresh():
    """A refresh can move the last transaction of a page within the list."""
    sandbox, requests = Sandbox(), []
    account = sandbox.add_account(transactions=7)
    async with client_of(sandbox, requests) as client:
        async with client.transactions.sync(account, limit=3) as changes:
            middle = await anext(changes)
        sandbox.add_transactions(account, 2)
        del requests[:]
        rest = await batches_of(client, account, middle.cursor, limit=3)
    assert "starting_after" not in requests[1]
    assert [3, 3, 3] == [len(batch.transactions) for batch in rest]


async def test_a_batch_has_the_previous_cursor():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=250)
    async with client_of(sandbox) as client:
        first = await batches_of(client, account)
        sandbox.add_transactions(account, 3)
        later = await batches_of(client, account, first[-1].cursor)
    chain = [None, *(batch.cursor for batch in (*first, *later))]
    assert chain[:-1] == [batch.previous for batch in (*first, *later)]


async def test_a_batch_has_the_previous_cursor_exactly_as_it_was_passed():
    """A consumer compares it with its stored cursor."""
    old = "fcs1.BTAcMypV.W10.eOltdSeVgV2F"
    async with changes_of(list_of(TRANSACTION), cursor=old) as changes:
        assert old == changes.cursor
        assert old == (await anext(changes)).previous


async def test_passing_an_account_object_saves_a_request():
    sandbox, requests = Sandbox(), []
    account = sandbox.add_account(transactions=3)
    async with client_of(sandbox, requests) as client:
        snapshot = await client.accounts.retrieve(account)
        del requests[:]
        [batch] = [batch async for batch in client.transactions.sync(snapshot)]
        assert [] == [
            batch
            async for batch in client.transactions.sync(snapshot, cursor=batch.cursor)
        ]
        async with client.transactions.sync(snapshot) as changes:
            assert snapshot is changes.account
    assert 3 == len(batch.transactions)
    assert [{"account": account, "limit": "100"}] * 2 == requests


async def test_an_outdated_account_object_loses_nothing():
    """An event can arrive after a later one has been synced."""
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=3)
    table = {}
    async with client_of(sandbox) as client:
        old, cursor = await client.accounts.retrieve(account), None
        for snapshot in (account, old, account, old, account):
            sandbox.add_transactions(account, 2)
            async for batch in client.transactions.sync(snapshot, cursor=cursor):
                table |= {
                    transaction.id: transaction for transaction in batch.transactions
                }
                assert cursor == batch.previous
                cursor = batch.cursor
    assert table.keys() == sandbox._state.platform.transactions.keys()


async def test_an_empty_batch_saves_the_position_of_a_long_second_pass():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=25)
    async with client_of(sandbox) as client:
        batches = await batches_of(client, account, limit=1)
        assert [] == await batches_of(client, account, batches[-1].cursor, limit=1)
    assert [1] * 25 + [0, 0, 0] == [len(batch.transactions) for batch in batches]
    assert decode_cursor(account, batches[25].cursor).is_repeated


async def test_changes_during_a_scan_are_not_lost():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=5)
    [pending] = sandbox.add_transactions(account, status="pending")
    table = {}
    async with client_of(sandbox) as client:
        async with client.transactions.sync(account, limit=2) as changes:
            async for batch in changes:
                table |= {
                    transaction.id: transaction.status
                    for transaction in batch.transactions
                }
                if pending in sandbox._state.platform.transactions and len(table) == 4:
                    sandbox.void(pending)
                    sandbox.add_transactions(account, 3)
        # The account showed a new refresh, so the sync scanned again.
        assert (9, "void") == (len(table), table[pending])
        assert [] == await batches_of(client, account, batch.cursor)


async def test_the_repr_of_a_batch_shows_no_transactions():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=1)
    async with client_of(sandbox) as client:
        [batch] = await batches_of(client, account)
    assert f"Batch(account='{account}', stripe_account=None)" == repr(batch)
