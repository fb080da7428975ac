"""A hundred thousand transactions, with faults, under trio."""

import pytest

from tests.sync import test_load


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_100_000_transactions_arrive_complete_under_trio(
    monkeypatch, anyio_backend
):
    await test_load.test_100_000_transactions_arrive_complete(
        monkeypatch, anyio_backend
    )
