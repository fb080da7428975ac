"""Syncs of many accounts given as an iterable, an async iterable or pairs."""

from collections import defaultdict
from contextvars import ContextVar

import anyio
import pytest

from financial_connections import (
    APIConnectionError,
    InvalidArgumentError,
    PermissionDeniedError,
    RequestOptions,
    ServerError,
)
from financial_connections.models import Account
from financial_connections.sandbox import Fault, Sandbox
from tests.support.sync.clients import account_in, client_of

TENANT = ContextVar("tenant")


async def each(*items):
    for item in items:
        yield item


async def batches_by_account(client, accounts, **settings):
    """Return the number of transactions by account, and the `ManyChanges`."""
    counts = defaultdict(int)
    async with client.transactions.sync_many(accounts, **settings) as changes:
        async for batch in changes:
            counts[batch.account] += len(batch.transactions)
    return dict(counts), changes


async def test_a_list_of_the_api_is_synced():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=2) for _ in range(5)]
    requests = []
    async with client_of(sandbox, requests) as client:
        counts, changes = await batches_by_account(
            client, client.accounts.list(limit=2)
        )
        # Three pages of accounts, and two passes for each account, which has been read.
        assert 3 + 2 * 5 == len(requests)
    assert dict.fromkeys(accounts, 2) == counts
    assert (5, 5) == (changes.progress.accounts, changes.progress.done)


async def test_accounts_and_ids_can_be_mixed():
    sandbox = Sandbox()
    first, second = (sandbox.add_account(transactions=1) for _ in range(2))
    async with client_of(sandbox) as client:
        snapshot = await client.accounts.retrieve(first)
        for accounts in ([snapshot, second], each((None, second), snapshot)):
            counts, _ = await batches_by_account(client, accounts)
            assert {first: 1, second: 1} == counts


@pytest.mark.parametrize("given", [list, tuple, set, iter, lambda ids: each(*ids)])
async def test_the_cursor_of_each_account_is_loaded_just_before_it_is_read(given):
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=2) for _ in range(3)]
    saved, events = {}, []

    async def load_cursor(account):
        events.append(f"load {account}")
        await anyio.lowlevel.checkpoint()
        return saved.get(account)

    async with client_of(sandbox) as client:
        for total in (6, 0, 3):
            if total == 3:
                [sandbox.add_transactions(account) for account in accounts]
            async with client.transactions.sync_many(
                given(accounts), load_cursor=load_cursor, concurrency=1
            ) as changes:
                async for batch in changes:
                    assert saved.get(batch.account) == batch.previous
                    saved[batch.account] = batch.cursor
                    events.append(f"store {batch.account}")
            assert total == changes.progress.transactions
    for account in accounts:
        of_account = [event.split()[0] for event in events if account in event]
        assert ["load", "store", "load", "load", "store"] == of_account
    assert events[1].startswith("store")


async def test_cursors_can_be_loaded_by_a_regular_function():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=2) for _ in range(2)]
    async with client_of(sandbox) as client:
        async with client.transactions.sync_many(accounts) as changes:
            cursors = {batch.account: batch.cursor async for batch in changes}
        settings = {"load_cursor": cursors.get}
        assert {} == (await batches_by_account(client, accounts, **settings))[0]


async def test_pairs_are_read_on_behalf_of_their_connected_account():
    sandbox = Sandbox()
    connected = [None, *(sandbox.add_connected_account() for _ in range(2))]
    pairs = [
        (merchant, sandbox.add_account(transactions=1, stripe_account=merchant))
        for merchant in connected
        for _ in range(3)
    ]
    headers = defaultdict(set)

    async def before(request):
        headers[account_in(request)].add(request.headers.get("stripe-account"))

    options = RequestOptions(headers={"X-Trace": "1"})
    async with client_of(sandbox, before=before) as client:
        for accounts in (pairs, each(*pairs), {tuple(pair): None for pair in pairs}):
            async with client.transactions.sync_many(
                accounts, options=options
            ) as changes:
                seen = [
                    (batch.stripe_account, batch.account) async for batch in changes
                ]
                changes.raise_for_errors()
            assert sorted(pairs, key=str) == sorted(seen, key=str)
    assert headers == {account: {merchant} for merchant, account in pairs}


async def test_a_batch_names_the_connected_account_of_its_options():
    sandbox = Sandbox()
    merchant = sandbox.add_connected_account()
    account = sandbox.add_account(transactions=1, stripe_account=merchant)
    options = RequestOptions(stripe_account=merchant)
    async with client_of(sandbox) as client:
        async for batch in client.transactions.sync(account, options=options):
            assert merchant == batch.stripe_account
        async for batch in client.with_options(
            stripe_account=merchant
        ).transactions.sync(account):
            assert batch.stripe_account is None


async def test_a_connected_account_without_access_does_not_stop_the_others():
    sandbox = Sandbox()
    good = sandbox.add_account(transactions=1)
    accounts = [("acct_revoked", "fca_1"), (None, good)]
    async with client_of(sandbox) as client:
        counts, changes = await batches_by_account(client, accounts, concurrency=1)
    assert {good: 1} == counts
    assert {"fca_1": PermissionDeniedError} == {
        account: type(error) for account, error in changes.errors.items()
    }
    assert ["account fca_1 of acct_revoked"] == changes.errors["fca_1"].__notes__


@pytest.mark.parametrize(
    "accounts",
    [
        [("fca_1", "acct_1")],
        [("acct_1", "fca_1", "fca_2")],
        [("acct_1",)],
        [("acct_1", "")],
        [("acct_1", ("acct_2", "fca_1"))],
        [("acct_1\n", "fca_1")],
        [5],
        [Account()],
    ],
)
async def test_invalid_accounts_are_rejected(accounts):
    async with client_of(Sandbox()) as client:
        with pytest.raises(InvalidArgumentError):
            client.transactions.sync_many(accounts)
        async with client.transactions.sync_many(each(*accounts)) as changes:
            with pytest.raises(InvalidArgumentError):
                await anext(changes)


async def test_load_cursor_excludes_a_mapping():
    async with client_of(Sandbox()) as client:
        with pytest.raises(InvalidArgumentError, match="together with a mapping"):
            client.transactions.sync_many({"fca_1": None}, load_cursor={}.get)


async def test_an_error_of_load_cursor_ends_the_iteration():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=1) for _ in range(2)]

    async def load_cursor(account):
        # An error of this package must not look like that of an account.
        raise APIConnectionError("the database is down")

    async with client_of(sandbox) as client:
        with pytest.raises(APIConnectionError, match="the database is down"):
            await batches_by_account(client, accounts, load_cursor=load_cursor)


async def test_a_cursor_of_another_account_is_an_error_of_its_account():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=1) for _ in range(2)]
    async with client_of(sandbox) as client:
        async with client.transactions.sync_many(accounts[:1]) as changes:
            cursors = [batch.cursor async for batch in changes]
        counts, changes = await batches_by_account(
            client, accounts, load_cursor=lambda _: cursors[0]
        )
    assert ({}, [accounts[1]]) == (counts, list(changes.errors))


async def test_an_error_of_the_async_iterable_ends_the_iteration():
    sandbox = Sandbox()
    [sandbox.add_account(transactions=1) for _ in range(4)]

    async def before(request):
        is_list = request.url.path.endswith("/accounts")
        if is_list and "starting_after" in request.url.params:
            sandbox.inject(Fault("server_error"))

    async with client_of(sandbox, before=before, max_retries=0) as client:
        accounts = client.accounts.list(limit=2)
        async with client.transactions.sync_many(accounts, concurrency=1) as changes:
            received = [await anext(changes), await anext(changes)]
            for _ in range(2):
                with pytest.raises(ServerError):
                    received.append(await anext(changes))
    assert 2 == len(received)


async def test_an_async_iterable_is_read_only_when_an_account_can_be_started():
    sandbox = Sandbox()
    ids = [sandbox.add_account(transactions=1) for _ in range(10)]
    read = []

    async def accounts():
        for account in ids:
            read.append(account)
            yield account

    async with (
        client_of(sandbox) as client,
        client.transactions.sync_many(accounts(), concurrency=3) as changes,
    ):
        for taken in range(10):
            await anyio.wait_all_tasks_blocked()
            assert min(10, taken + 3) == len(read) == changes.progress.accounts
            await anext(changes)


@pytest.mark.parametrize("concurrency", [1, 5])
async def test_an_async_generator_runs_and_is_closed_in_one_task(concurrency):
    sandbox = Sandbox()
    ids = [sandbox.add_account(transactions=1) for _ in range(20)]
    tasks, ended = set(), []

    async def accounts():
        token = TENANT.set("mine")
        try:
            for account in ids:
                tasks.add(anyio.get_current_task().id)
                yield account
        finally:
            await anyio.lowlevel.checkpoint()  # not cancelled
            TENANT.reset(token)
            ended.append(anyio.get_current_task().id)

    async with (
        client_of(sandbox) as client,
        client.transactions.sync_many(accounts(), concurrency=concurrency) as changes,
    ):
        await anext(changes)
        await anyio.wait_all_tasks_blocked()
    assert ended == list(tasks)


async def test_a_waiting_async_generator_is_cancelled_at_the_end_of_the_block():
    ended = []

    async def accounts():
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("cancelled")
        yield "fca_1"

    async with client_of(Sandbox()) as client:
        with anyio.move_on_after(0.01):
            async with client.transactions.sync_many(accounts()) as changes:
                await anext(changes)
    assert ["cancelled"] == ended


async def test_an_account_that_is_returned_again_waits_until_it_is_stored():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=5)
    saved, turns = {}, []

    def load_cursor(key):
        turns.append(saved.get(key))
        return saved.get(key)

    async with client_of(sandbox) as client:
        async with client.transactions.sync_many(
            each(*[account] * 4), load_cursor=load_cursor, limit=2
        ) as changes:
            async for batch in changes:
                await anyio.wait_all_tasks_blocked()
                assert saved.get(account) == batch.previous
                saved[account] = batch.cursor
                if len(saved) == 1 and changes.progress.transactions == 5:
                    sandbox.add_transactions(account, 1)
    assert 6 == changes.progress.transactions
    assert (4, 4) == (changes.progress.accounts, changes.progress.done)
    assert [None, *turns[1:]] == turns
    assert None not in turns[1:]


@pytest.mark.parametrize("concurrency", [1, 2, 5])
@pytest.mark.parametrize("steps", range(8))
async def test_accounts_that_are_returned_again_never_block(concurrency, steps):
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=1) for _ in range(2)]
    async with client_of(sandbox) as client:
        async with client.transactions.sync_many(
            each(*accounts, *accounts, accounts[0]), concurrency=concurrency
        ) as changes:
            with anyio.fail_after(30):
                async for _ in changes:
                    for _ in range(steps):
                        await anyio.lowlevel.checkpoint()
        assert 5 == changes.progress.done


async def test_an_account_that_failed_can_be_returned_again():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=1)
    async with client_of(sandbox, max_retries=0) as client:
        counts, changes = await batches_by_account(client, each("fca_1", "fca_1"))
        assert ({}, ["fca_1"]) == (counts, list(changes.errors))
        sandbox.inject(Fault("server_error"))
        counts, changes = await batches_by_account(
            client, each(account, account, account), concurrency=1
        )
    assert {account: 2} == counts  # no cursor was saved
    assert {} == changes.errors
    assert (1, 2) == (changes.progress.failed, changes.progress.done)


async def test_a_stream_of_accounts_is_synced_until_it_is_closed():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=1)
    send, receive = anyio.create_memory_object_stream[str](10)
    saved, stored = {}, set()
    async with (
        client_of(sandbox) as client,
        client.transactions.sync_many(receive, load_cursor=saved.get) as changes,
    ):
        send.send_nowait(account)
        async for batch in changes:
            saved[account] = batch.cursor
            stored |= {transaction.id for transaction in batch.transactions}
            if changes.progress.batches == 3:
                send.close()
            else:
                sandbox.add_transactions(account)
                send.send_nowait(account)
    assert 3 == changes.progress.done == len(stored)


async def test_an_error_while_a_generator_is_closed_is_logged(caplog):
    sandbox = Sandbox()
    ids = [sandbox.add_account(transactions=1) for _ in range(2)]

    async def accounts():
        try:
            for account in ids:
                yield account
        finally:
            raise OSError("the database is down")

    async with client_of(sandbox) as client:
        async with client.transactions.sync_many(accounts(), concurrency=1):
            await anyio.wait_all_tasks_blocked()
    assert "closing the async iterable of accounts failed" in caplog.text
    assert "the database is down" in caplog.text


async def test_accounts_are_synced_as_soon_as_they_have_been_refreshed():
    sandbox = Sandbox()
    accounts = [sandbox.add_account() for _ in range(3)]
    sandbox.fail_refreshes(accounts[0])
    for account in accounts:
        sandbox.add_transactions(account, 2, at_next_refresh=True)
    async with (
        client_of(sandbox) as client,
        client.accounts.refresh_many(
            client.accounts.list(), features=["transactions"], poll=0.001
        ) as refreshes,
        client.transactions.sync_many(refreshes) as changes,
    ):
        counts = {batch.account: len(batch.transactions) async for batch in changes}
        assert [accounts[0]] == list(refreshes.errors)
    assert dict.fromkeys(accounts[1:], 2) == counts


@pytest.mark.parametrize("given", [list, lambda accounts: each(*accounts)])
async def test_accounts_with_the_oldest_data_come_first_if_asked(given):
    sandbox = Sandbox()
    refreshed = [sandbox.add_account(transactions=1) for _ in range(4)]
    never = sandbox.add_account(transactions=1, refreshed=())
    async with client_of(sandbox) as client:
        for position in (2, 0, 3, 1):
            sandbox.advance(3_600)
            sandbox.add_transactions(refreshed[position])
        accounts = [account async for account in client.accounts.list()]
        async with client.transactions.sync_many(
            given(accounts), oldest_first=True, concurrency=1
        ) as changes:
            order = [batch.account async for batch in changes]
            assert 5 == changes.progress.done
    assert [refreshed[position] for position in (2, 0, 3, 1)] == [
        account for account in order if account != never
    ]
    assert never in order[:1] or never not in order


async def test_sorting_needs_accounts():
    async with client_of(Sandbox()) as client:
        with pytest.raises(InvalidArgumentError, match="oldest_first needs accounts"):
            client.transactions.sync_many(["fca_1"], oldest_first=True)
        async with client.transactions.sync_many(
            each("fca_1"), oldest_first=True
        ) as changes:
            with pytest.raises(
                InvalidArgumentError, match="oldest_first needs accounts"
            ):
                await anext(changes)


async def test_a_generator_that_has_ended_is_rejected():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=1)
    async with client_of(sandbox) as client:
        accounts = each(account)
        many = client.transactions.sync_many(accounts)
        async with many as changes:
            assert 1 == len([batch async for batch in changes])
        with pytest.raises(InvalidArgumentError, match="has already ended"):
            await many.__aenter__()
        listed = (account for _ in range(1))
        client.transactions.sync_many(listed)
        for used in (accounts, listed):
            with pytest.raises(InvalidArgumentError, match="has already ended"):
                client.transactions.list_many(used)
