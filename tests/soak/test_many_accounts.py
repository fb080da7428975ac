"""A hundred thousand transactions, with faults, under trio."""

import pytest

from tests.sync import test_many_accounts


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_a_hundred_thousand_transactions_arrive_complete_under_trio(
    monkeypatch, anyio_backend
):
    arrive = test_many_accounts.test_a_hundred_thousand_transactions_arrive_complete_in_bounded_memory_and_within_the_limit
    await arrive(monkeypatch, anyio_backend)
