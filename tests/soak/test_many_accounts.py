"""A large sync of many accounts, with faults and a rate limit."""

from tests.sync.test_load import sync_with_faults
from tests.sync.test_platform import sync_platform


async def test_100_000_transactions_are_all_received(monkeypatch):
    await sync_with_faults(200, monkeypatch)


async def test_500_connected_accounts_with_20_accounts_each_are_synced():
    await sync_platform(500, 20)
