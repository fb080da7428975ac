"""Workers without an engine, and the events that give them work."""

import anyio
import httpx

from financial_connections import AsyncClient
from financial_connections.fleet import event_handler, run_workers
from financial_connections.webhooks import parse_event
from tests.support.fleet.stores import (
    open_store,
    outbox_states,
    query,
    read_everything,
    served_sandbox,
    stored_states,
)
from tests.support.samples import ACCOUNT, REFRESHED_ACCOUNT
from tests.support.webhooks import EVENT, NOTIFICATION


async def test_workers_sync_everything_that_is_due(database):
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        accounts = [sandbox.add_account(transactions=n * 30) for n in range(12)]
        for account in accounts:
            await store.want(account)
        await run_workers(client, store, concurrency=3, pages=1, until_idle=True)
        expected = await read_everything(client, accounts)
        assert expected == stored_states(database)
        assert len(expected) == len(outbox_states(database))
        assert 12 == (await store.progress()).done


async def test_workers_are_not_idle_while_a_slice_ends(database):
    """The query for due accounts still sees an account as leased."""
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        await store.want(sandbox.add_account(transactions=250))
        due = store.due

        async def return_after_slices(limit, *, exclude=()):
            result = await due(limit, exclude=exclude)
            while exclude:  # noqa: ASYNC110 - the set of running slices is not an event
                await anyio.sleep(0.001)
            return result

        store.due = return_after_slices
        await run_workers(client, store, pages=1, until_idle=True, poll_interval=0.001)
        assert 1 == (await store.progress()).done


async def test_workers_stop_when_they_are_told_to(database):
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        accounts = [sandbox.add_account(transactions=500) for _ in range(4)]
        for account in accounts:
            await store.want(account)
        stop = anyio.Event()
        commit = store.commit

        async def commit_and_stop(lease, batch):
            stop.set()
            return await commit(lease, batch)

        store.commit = commit_and_stop
        await run_workers(client, store, concurrency=2, stop=stop)
        state = await store.progress()
        assert (0, 4) == (state.running, state.due)
        assert [(0, 0)] == query(
            database, "SELECT sum(strikes), sum(attempts) FROM fc_account"
        )


async def test_workers_do_not_wait_long_for_a_response(database, monkeypatch):
    monkeypatch.setattr("financial_connections.fleet.workers.DRAIN_SECONDS", 0.01)
    stop = anyio.Event()

    async def stop_and_wait(_):
        stop.set()
        await anyio.sleep_forever()

    http = httpx.AsyncClient(transport=httpx.MockTransport(stop_and_wait))
    async with (
        open_store(database) as store,
        AsyncClient("sk_test_1", http_client=http) as client,
    ):
        await store.want("fca_1")
        await run_workers(client, store, stop=stop)
        assert ["fca_1"] == await store.due(1)


async def test_workers_take_new_accounts_while_they_run(database):
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        accounts = [sandbox.add_account(transactions=3) for _ in range(3)]
        stop = anyio.Event()
        done = []
        finish = store.finish

        async def finish_and_want_next(lease):
            result = await finish(lease)
            done.append(lease.account)
            if len(done) == len(accounts):
                stop.set()
            else:
                await store.want(accounts[len(done)])
            return result

        store.finish = finish_and_want_next
        await store.want(accounts[0])
        await run_workers(client, store, stop=stop, poll_interval=0.01)
        assert accounts == done


async def test_workers_survive_an_outage_of_the_store(database, caplog):
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        account = sandbox.add_account(transactions=3)
        await store.want(account)
        due, failures = store.due, iter([OSError("a password"), OSError("")])

        async def fail_first(limit, *, exclude=()):
            for error in failures:
                raise error
            return await due(limit, exclude=exclude)

        store.due = fail_first
        await run_workers(client, store, until_idle=True, poll_interval=0.01)
        assert 3 == len(stored_states(database))
        assert "OSError" in caplog.text
        assert "a password" not in caplog.text


def event(kind, account):
    """Return an event about an account."""
    data = {"object": REFRESHED_ACCOUNT | {"id": account}}
    return parse_event(
        EVENT | {"type": f"financial_connections.account.{kind}", "data": data}
    )


def notification(kind, account):
    """Return a thin event about an account."""
    related = NOTIFICATION["related_object"] | {"id": account}
    kind = f"v1.financial_connections.account.{kind}"
    return parse_event(NOTIFICATION | {"type": kind, "related_object": related})


async def test_events_make_accounts_due(database):
    async with open_store(database) as store:
        handle = event_handler(store)
        await handle(event("refreshed_transactions", "fca_1"))
        created = EVENT | {"type": "financial_connections.account.created"}
        created |= {"data": {"object": ACCOUNT | {"id": "fca_2"}}, "account": "acct_1"}
        await handle(parse_event(created))
        await handle(event("disconnected", "fca_3"))
        await handle(notification("refreshed_transactions", "fca_4"))
        await handle(notification("refreshed_balance", "fca_5"))
        assert {"fca_1", "fca_2", "fca_4"} == set(await store.due(10))
        assert "acct_1" == (await store.claim("fca_2")).stripe_account


async def test_an_account_that_is_linked_again_is_revived(database):
    async with open_store(database) as store:
        handle = event_handler(store)
        await store.want("fca_1")
        await store.fail(await store.claim("fca_1"), "inactive", "dead")
        await handle(event("refreshed_transactions", "fca_1"))
        assert [] == await store.due(10)
        await handle(event("reactivated", "fca_1"))
        assert ["fca_1"] == await store.due(10)
