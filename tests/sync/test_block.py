"""Syncs as iterables and as `async with` blocks: arguments, errors and closing."""

import anyio
import httpx
import pytest

from financial_connections import (
    AsyncClient,
    InvalidArgumentError,
    NotFoundError,
    ServerError,
)
from financial_connections.models import Account
from financial_connections.sandbox import Fault, Sandbox
from financial_connections.sync.cursor import Checkpoint, encode_cursor
from tests.support.samples import ACCOUNT, TRANSACTION, list_of
from tests.support.sync.clients import client_of


@pytest.mark.parametrize(
    "cursor", [encode_cursor("fca_2", Checkpoint("r1")), "fcs2.abc", 5]
)
async def test_an_invalid_cursor_is_rejected_before_sending(cursor):
    async with client_of(Sandbox()) as client:
        with pytest.raises(InvalidArgumentError, match="^cursor "):
            client.transactions.sync("fca_1", cursor=cursor)


@pytest.mark.parametrize("account", ["", " ", None, 5, Account()])
async def test_an_account_without_an_id_is_rejected_before_sending(account):
    async with client_of(Sandbox()) as client:
        with pytest.raises(
            InvalidArgumentError, match="account must be an account or its ID"
        ):
            client.transactions.sync(account)


@pytest.mark.parametrize("limit", [0, 101, "5"])
async def test_an_invalid_limit_is_rejected_before_sending(limit):
    async with client_of(Sandbox()) as client:
        with pytest.raises(InvalidArgumentError, match="limit"):
            client.transactions.sync("fca_1", limit=limit)


async def test_two_tasks_cannot_share_an_iterator():
    arrived = anyio.Event()

    async def respond(request):
        arrived.set()
        await anyio.sleep_forever()

    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http,
        AsyncClient("sk_test_1", http_client=http) as client,
        anyio.create_task_group() as tasks,
    ):
        changes = aiter(client.transactions.sync("fca_1"))
        tasks.start_soon(changes.__anext__)
        await arrived.wait()
        with pytest.raises(RuntimeError, match="another task"):
            await anext(changes)
        tasks.cancel_scope.cancel()


async def test_an_open_block_cannot_be_entered_again():
    sandbox = Sandbox()
    async with client_of(sandbox) as client:
        sync = client.transactions.sync(sandbox.add_account(transactions=5))
        async with sync as changes:
            with pytest.raises(RuntimeError, match="already open"):
                async with sync:
                    raise AssertionError("it was entered")
            assert [5] == [len(batch.transactions) async for batch in changes]


async def test_iterating_continues_with_the_page_that_failed():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=5)
    async with (
        client_of(sandbox, max_retries=0) as client,
        client.transactions.sync(account, limit=2) as changes,
    ):
        first = await anext(changes)
        sandbox.inject(Fault("server_error"))
        with pytest.raises(ServerError):
            await anext(changes)
        assert first.cursor == changes.cursor
        rest = [batch async for batch in changes]
    assert [2, 1] == [len(batch.transactions) for batch in rest]


async def test_a_cancelled_page_is_requested_again():
    stuck = [True]

    async def respond(request):
        if "account" in request.url.params and stuck.pop():
            await anyio.sleep_forever()
        body = list_of(TRANSACTION) if "account" in request.url.params else ACCOUNT
        return httpx.Response(200, json=body)

    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http,
        AsyncClient("sk_test_1", http_client=http) as client,
        client.transactions.sync("fca_1") as changes,
    ):
        with anyio.move_on_after(0.01):
            await anext(changes)
        stuck.append(False)
        assert ["fctxn_1"] == [
            transaction.id for transaction in (await anext(changes)).transactions
        ]


async def test_entering_the_block_raises_not_found_for_an_unknown_account():
    async with client_of(Sandbox()) as client:
        with pytest.raises(NotFoundError):
            async with client.transactions.sync("fca_nowhere"):
                raise AssertionError("it was entered")


async def test_each_block_starts_from_the_same_cursor():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=5)
    async with client_of(sandbox) as client:
        sync = client.transactions.sync(account)
        for _ in range(2):
            async with sync as changes:
                assert [5] == [len(batch.transactions) async for batch in changes]


async def test_each_iteration_without_a_block_starts_from_the_same_cursor():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=5)
    async with client_of(sandbox) as client:
        sync = client.transactions.sync(account, limit=2)
        async for batch in sync:
            assert 2 == len(batch.transactions)
            break
        assert [2, 2, 1] == [len(batch.transactions) async for batch in sync]


async def test_iterating_after_the_block_raises():
    sandbox = Sandbox()
    account = sandbox.add_account(transactions=5)
    async with client_of(sandbox) as client:
        async with client.transactions.sync(account) as changes:
            pass
        with pytest.raises(RuntimeError, match="inside its"):
            await anext(changes)
