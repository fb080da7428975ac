"""A large sync of many accounts, with faults and a rate limit."""

from tests.sync.test_load import sync_with_faults


async def test_100_000_transactions_are_all_received(monkeypatch):
    await sync_with_faults(200, monkeypatch)
