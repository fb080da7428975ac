"""A sync of the accounts of many connected accounts takes constant memory."""

import gc
from collections import Counter

import anyio

from financial_connections._many import AccountRef
from financial_connections.models import Account, TransactionList
from financial_connections.sync.one_account import Changes, Sync
from financial_connections.transactions import Transactions
from tests.support.concurrency import page_of

CONCURRENCY = 8


class Platform:
    """A sender with accounts whose IDs contain that of their connected account."""

    def __init__(self):
        self.requests = Counter()

    def emit(self, event):
        """Ignore the events of operations."""

    async def send(self, request, result_type, options):
        await anyio.lowlevel.checkpoint()
        account = request.params.get("account") or request.ids["account"]
        assert account.split("_")[1] == options.stripe_account.removeprefix("acct_")
        self.requests[account] += 1
        if result_type is Account:
            refresh = {"id": "fctxnref_1", "status": "succeeded"}
            return Account.from_dict({"id": account, "transaction_refresh": refresh})
        return TransactionList.from_dict(page_of([f"fctxn_{account}"], None))


def alive(*classes):
    return sum(type(thing) in classes for thing in gc.get_objects())


async def test_20_connected_accounts_are_synced():
    await sync_platform(20, 20)


async def sync_platform(merchants, each):
    """Sync all accounts once, while the number of live objects stays constant."""
    platform, stored, most, loaded = Platform(), Counter(), [], []

    async def accounts():
        for merchant in range(merchants):
            for number in range(each):
                yield f"acct_{merchant}", f"fca_{merchant}_{number}"

    async def load_cursor(account):
        loaded.append(account)

    async with Transactions(platform).sync_many(
        accounts(), load_cursor=load_cursor, concurrency=CONCURRENCY
    ) as changes:
        async for batch in changes:
            assert batch.account.split("_")[1] == batch.stripe_account[5:]
            stored[batch.account] += len(batch.transactions)
            if changes.progress.batches % (merchants * each // 4) == 0:
                gc.collect()
                most.append(alive(AccountRef, Sync, Changes, Account, TransactionList))
        changes.raise_for_errors()
    total = merchants * each
    assert total == len(loaded) == len(set(loaded)) == len(stored)
    assert {1} == set(stored.values())
    assert (total, total) == (changes.progress.accounts, changes.progress.done)
    assert {3} == set(platform.requests.values())
    # At most five objects for each account being read.
    assert max(most) <= 5 * CONCURRENCY
