"""Lists of the transactions of many accounts."""

from collections import defaultdict

import anyio
import pytest

from financial_connections import InvalidArgumentError, InvalidRequestError
from financial_connections.sandbox import Sandbox
from tests.support.sync.clients import account_in, client_of


async def test_all_transactions_of_a_holder_are_listed():
    sandbox = Sandbox()
    mine, other = sandbox.add_customer(), sandbox.add_customer()
    accounts = [
        sandbox.add_account(customer=mine, transactions=count)
        for count in (0, 5, 1, 12)
    ]
    sandbox.add_account(customer=other, transactions=3)
    seen = defaultdict(list)
    async with client_of(sandbox) as client:
        listed = client.accounts.list(account_holder={"customer": mine})
        async with client.transactions.list_many(
            listed, concurrency=2, limit=5
        ) as transactions:
            async for transaction in transactions:
                seen[transaction.account].append(transaction.id)
        for account in accounts:
            one = client.transactions.list(account=account)
            assert seen[account] == [transaction.id async for transaction in one]
    assert 5 + 1 + 12 == sum(map(len, seen.values()))


async def test_transactions_can_be_selected_by_time():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=5) for _ in range(2)]
    async with client_of(sandbox) as client:
        newest = (await client.transactions.list(account=accounts[0])).data[0]
        async with client.transactions.list_many(
            accounts, transacted_at={"gte": newest.transacted_at + 1}
        ) as transactions:
            assert accounts[0] not in {item.account async for item in transactions}


async def test_pairs_are_listed_on_behalf_of_their_connected_account():
    sandbox = Sandbox()
    merchant = sandbox.add_connected_account()
    account = sandbox.add_account(transactions=2, stripe_account=merchant)
    headers = {}

    async def before(request):
        headers[account_in(request)] = request.headers.get("stripe-account")

    async with (
        client_of(sandbox, before=before) as client,
        client.transactions.list_many([(merchant, account)]) as transactions,
    ):
        assert 2 == len([transaction async for transaction in transactions])
    assert {account: merchant} == headers


async def test_the_first_error_ends_the_list():
    sandbox = Sandbox()
    good = sandbox.add_account(transactions=1)
    async with (
        client_of(sandbox) as client,
        client.transactions.list_many(
            ["fca_nowhere", good, good, good], concurrency=1
        ) as transactions,
    ):
        for _ in range(2):
            with pytest.raises(InvalidRequestError) as caught:
                await anext(transactions)
    assert "account fca_nowhere" in caught.value.__notes__


async def test_invalid_arguments_are_rejected_before_sending():
    async with client_of(Sandbox()) as client:
        for arguments in (
            {"accounts": "fca_1"},
            {"accounts": [5]},
            {"accounts": ["fca_1"], "limit": 0},
            {"accounts": ["fca_1"], "concurrency": 0},
        ):
            with pytest.raises(InvalidArgumentError):
                client.transactions.list_many(**arguments)
        with pytest.raises(TypeError, match="list_many must be entered"):
            async for _ in client.transactions.list_many(["fca_1"]):
                pass


async def test_several_tasks_can_share_the_transactions():
    sandbox = Sandbox()
    accounts = [sandbox.add_account(transactions=12) for _ in range(4)]
    seen = []
    async with (
        client_of(sandbox) as client,
        client.transactions.list_many(accounts, limit=5) as transactions,
    ):

        async def consume():
            async for transaction in transactions:
                seen.append(transaction.id)
                await anyio.lowlevel.checkpoint()

        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(consume)
    assert (48, 48) == (len(seen), len(set(seen)))
