"""Syncs and refreshes of many accounts, with faults and rate limits."""

import pytest

from tests.refresh.test_refresh_storm import refresh_under_limit
from tests.support.virtual_time import run_in_virtual_time
from tests.sync.test_load import sync_with_faults
from tests.sync.test_platform import sync_platform


async def test_100_000_transactions_are_all_received(monkeypatch):
    await sync_with_faults(200, monkeypatch)


async def test_500_connected_accounts_with_20_accounts_each_are_synced():
    await sync_platform(500, 20)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_2_000_accounts_are_refreshed_as_fast_as_the_limit_allows(backend):
    assert run_in_virtual_time(backend, refresh_under_limit, 2_000) <= 1.15
