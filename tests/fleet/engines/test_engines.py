"""What every engine must survive, with real worker processes and servers."""

import random
from contextlib import asynccontextmanager

import pytest
from procrastinate.jobs import Job

from financial_connections import AsyncClient
from financial_connections.fleet import procrastinate
from financial_connections.sandbox import Fault
from tests.support.fleet.processes import ENGINES, STORE, Fleet
from tests.support.fleet.stores import open_store, query

SEEDS = {"in-process": 20, "procrastinate": 20, "temporal": 10}


@pytest.fixture(params=ENGINES)
def engine(request):
    """The name of an engine, and the address of its server if it has one."""
    if request.param == "temporal":
        return request.param, request.getfixturevalue("temporal_server")
    return request.param, None


@asynccontextmanager
async def open_fleet(engine, database, *, max_strikes=1_000, **settings):
    """Return a fleet without workers, and a client for its sandbox."""
    name, address = engine
    async with open_store(database, **STORE) as store:
        fleet = Fleet(
            name, database, store, address, max_strikes=max_strikes, **settings
        )
        await fleet.prepare()
        with fleet.served():
            key, url = fleet.sandbox.api_key, fleet.url
            async with AsyncClient(key, base_url=url) as client:
                yield fleet, client


async def test_killed_workers_lose_and_double_nothing(engine, database):
    """Kill workers with SIGKILL at random moments, twice for each of 50 seeds."""
    async with open_fleet(engine, database, pages=2) as (fleet, client):
        accounts = []
        for _ in range(3):
            fleet.start()
        for seed in range(SEEDS[engine[0]]):
            choose = random.Random(f"{engine[0]} {seed}")
            for _ in range(2):
                accounts += await fleet.add(2, transactions=choose.randrange(350))
                for account in choose.sample(accounts, k=min(3, len(accounts))):
                    fleet.sandbox.add_transactions(account, choose.randrange(3))
                    await fleet.store.want(account)
                target = fleet.requests + choose.randrange(12)
                await fleet.wait_until(
                    lambda p, target=target: fleet.requests >= target or p.due == 0
                )
                fleet.kill(fleet.workers.pop(choose.randrange(3)))
                fleet.start()
            await fleet.wait_until_done()
            await fleet.check(client, accounts)


async def test_the_accounts_of_a_killed_worker_need_no_further_message(
    engine, database
):
    async with open_fleet(engine, database) as (fleet, client):
        fleet.sandbox.inject(Fault("latency", seconds=0.05, times=None))
        accounts = await fleet.add(6, transactions=350)
        first, _ = fleet.start(), fleet.start()
        await fleet.wait_until(lambda p: p.transactions >= 300)
        fleet.kill(first)
        await fleet.wait_until_done()
        await fleet.check(client, accounts)


@pytest.mark.parametrize("engine", ["procrastinate", "temporal"], indirect=True)
async def test_a_lost_queue_is_filled_again(engine, database):
    async with open_fleet(engine, database, pages=1) as (fleet, client):
        accounts = await fleet.add(20, transactions=250)
        fleet.start()
        for number in (500, 1_500, 2_500):
            await fleet.wait_until(lambda p, number=number: p.transactions >= number)
            await fleet.lose_queue()
        await fleet.wait_until_done()
        await fleet.check(client, accounts)


async def test_an_outage_of_the_api_kills_no_account(engine, database):
    async with open_fleet(engine, database) as (fleet, client):
        fleet.sandbox.inject(Fault("unavailable", times=None))
        accounts = await fleet.add(5)
        fleet.start()
        await fleet.wait_until(
            lambda _: (
                query(database, "SELECT min(attempts) >= 3 FROM fc_account")
                == [(True,)]
            )
        )
        assert 0 == (await fleet.store.progress()).dead
        fleet.sandbox.api.faults.clear()
        await fleet.wait_until_done()
        await fleet.check(client, accounts)


async def test_poison_accounts_die_alone(engine, database):
    async with open_fleet(engine, database, max_strikes=3) as (fleet, client):
        accounts = await fleet.add(5)
        gone = accounts[0]
        fleet.sandbox.disconnect(gone)
        await fleet.store.want("fca_unknown")
        fleet.start()
        await fleet.wait_until_done(dead=2)
        dead = {item.account: item.error for item in await fleet.store.dead()}
        assert {gone, "fca_unknown"} == set(dead)
        assert all("Error: " in error for error in dead.values())
        assert 2 == await fleet.store.revive()
        await fleet.wait_until(lambda p: p.dead == 2 and p.due == p.running == 0)
        await fleet.check(client, accounts[1:])


async def test_an_account_with_broken_responses_dies_and_is_revived(engine, database):
    async with open_fleet(engine, database, max_strikes=3) as (fleet, client):
        broken = Fault("truncated_json", operation="list_transactions", times=None)
        fleet.sandbox.inject(broken)
        accounts = await fleet.add(1)
        fleet.start()
        await fleet.wait_until_done(dead=1)
        # Each strike took one request for the account and one for its transactions.
        assert 2 * 3 == fleet.requests
        fleet.sandbox.api.faults.clear()
        assert 1 == await fleet.store.revive()
        await fleet.wait_until_done()
        await fleet.check(client, accounts)


async def test_one_account_is_read_once_by_many_workers(engine, database):
    """Its sync also takes longer than its lease."""
    async with open_fleet(engine, database, pages=100) as (fleet, client):
        accounts = await fleet.add(1, transactions=2_000)
        fleet.sandbox.inject(Fault("latency", seconds=0.1, times=None))
        for _ in range(3):
            fleet.start()
        await fleet.wait_until(lambda p: p.transactions > 0)
        await fleet.store.want(accounts[0])
        await fleet.wait_until_done()
        # Two passes of 20 pages and two requests for the account; then the second sync.
        assert fleet.requests <= 1.1 * (42 + 1)
        await fleet.check(client, accounts)


async def test_an_event_at_any_point_of_a_run_is_not_lost(engine, database):
    async with open_fleet(engine, database) as (fleet, client):
        (account,) = await fleet.add(1, transactions=130)
        fleet.start()
        await fleet.wait_until_done()
        for number in range(20):
            before = fleet.requests
            fleet.sandbox.add_transactions(account, 1)
            await fleet.store.want(account)
            await fleet.wait_until(
                lambda p, before=before, number=number: (
                    fleet.requests >= before + number % 4 or p.done
                )
            )
            fleet.sandbox.add_transactions(account, 1)
            await fleet.store.want(account)
            await fleet.wait_until_done()
            assert 130 + 2 * (number + 1) == (await fleet.store.progress()).transactions
        await fleet.check(client, [account])


async def test_a_small_tenant_that_comes_last_is_served_early(engine, database):
    bound = {} if engine[0] == "in-process" else {"bound": 4}
    async with open_fleet(engine, database, concurrency=2, **bound) as (fleet, _):
        fleet.sandbox.inject(Fault("latency", seconds=0.02, times=None))
        await fleet.add(99, transactions=3, tenant="large")
        fleet.start()
        await fleet.wait_until(lambda p: p.done >= 10)
        await fleet.add(1, transactions=3, tenant="small")
        before = (await fleet.store.progress()).done
        await fleet.wait_until_done()
        ((rank,),) = query(
            database,
            "SELECT count(*) FROM fc_account WHERE synced_at <="
            " (SELECT synced_at FROM fc_account WHERE tenant = 'small')",
        )
        assert rank - before <= 10


async def test_a_rolling_restart_costs_few_requests_and_no_strike(engine, database):
    async with open_fleet(engine, database, pages=100) as (fleet, client):
        accounts = await fleet.add(12, transactions=250)
        fleet.sandbox.inject(Fault("latency", seconds=0.02, times=None))
        for _ in range(2):
            fleet.start()
        for number in (500, 1_500):
            await fleet.wait_until(lambda p, number=number: p.transactions >= number)
            fleet.start()
            fleet.drain(fleet.workers.pop(0))
        await fleet.wait_until_done()
        # Three pages, twice, and three requests for the account. A second pass that is
        # interrupted may read one page again.
        assert 12 * 9 <= fleet.requests <= 12 * 9 + 2 * 4
        assert [(0,)] == query(database, "SELECT sum(strikes) FROM fc_account")
        await fleet.check(client, accounts)


async def test_the_queue_of_procrastinate_is_bounded(database):
    async with open_store(database, **STORE) as store:
        await procrastinate.migrate(database)
        assert not await procrastinate.migrate(database)
        for number in range(30):
            await store.want(f"fca_{number}")
        app = procrastinate.create_app(database)
        async with app.open_async():
            counts = [await procrastinate.feed(app, store, bound=12) for _ in range(3)]
            query(database, "DELETE FROM procrastinate_jobs WHERE lock = 'fca_0'")
            first = Job(
                queue="mine", task_name="mine", lock=None, queueing_lock="fca_0"
            )
            await app.job_manager.defer_job_async(first)
            counts.append(await procrastinate.feed(app, store, bound=12))
        # The last call met a job that somebody else has queued.
        assert [12, 0, 0, 0] == counts
        assert [(12,)] == query(database, "SELECT count(*) FROM procrastinate_jobs")
