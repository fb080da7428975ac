"""The simulation of a fleet assumes as many requests as a real sync sends."""

import pytest

from benchmarks.simulate.model import Simulation
from benchmarks.simulate.settings import Settings
from financial_connections.fleet import run_workers
from tests.support.fleet.stores import open_store, served_sandbox


def requests_of(sandbox):
    counts = sandbox.traffic.operations
    return [
        counts[name].admitted if name in counts else 0
        for name in ("list_transactions", "retrieve_account")
    ]


@pytest.mark.parametrize("transactions", [1, 100, 101, 2_000, 2_050])
async def test_a_first_sync(database, transactions):
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        await store.want(sandbox.add_account(transactions=transactions))
        await run_workers(client, store, until_idle=True, poll_interval=0.01)
        settings = Settings(
            accounts=1, transactions=transactions, updates=0, days=0, failures=0
        )
        simulated = Simulation(settings).run().requests
        # If a slice ends with the last page, the next one looks for another page.
        assert pytest.approx(requests_of(sandbox), abs=1) == simulated


@pytest.mark.parametrize(
    ("has_news", "is_known", "expected"),
    [(True, True, [2, 0]), (True, False, [2, 1]), (False, False, [0, 1])],
)
async def test_a_later_sync(database, has_news, is_known, expected):
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        account = sandbox.add_account(transactions=250)
        await store.want(account)
        await run_workers(client, store, until_idle=True, poll_interval=0.01)
        if has_news:
            sandbox.add_transactions(account, 1)
        event = await client.accounts.retrieve(account)
        await store.want(event if is_known else account)
        sandbox.reset_traffic()
        await run_workers(client, store, until_idle=True, poll_interval=0.01)
        assert expected == requests_of(sandbox)
