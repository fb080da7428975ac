"""One slice of one account, against the sandbox and PostgreSQL."""

import anyio
import httpx
import psycopg
import pytest

from financial_connections import AsyncClient
from financial_connections.fleet import Lease, SliceResult, run_workers, sync_slice
from tests.support.fleet.stores import (
    end_wait,
    lapse_lease,
    open_store,
    outbox_states,
    query,
    read_everything,
    served_sandbox,
    stored_states,
)


async def test_a_slice_stores_an_account_and_its_changes_once(database):
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        account = sandbox.add_account(transactions=230)
        await store.want(account)

        assert SliceResult.DONE == await sync_slice(client, store, account)

        expected = await read_everything(client, [account])
        assert expected == stored_states(database)
        assert {(key, 1, text) for key, text in expected.items()} == {
            ((row[0], row[1]), row[2], row[3]) for row in outbox_states(database)
        }
        progress = await store.progress()
        assert (1, 230, 0) == (progress.done, progress.transactions, progress.backfill)


async def test_an_account_that_is_not_due_sends_no_request(database):
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        account = sandbox.add_account(transactions=3)
        await store.want(account)
        await sync_slice(client, store, account)
        count = sandbox.traffic.total.admitted

        assert SliceResult.DONE == await sync_slice(client, store, account)

        assert count == sandbox.traffic.total.admitted


async def test_an_unknown_account_is_gone(database):
    async with open_store(database) as store, served_sandbox() as (_, client):
        assert SliceResult.GONE == await sync_slice(client, store, "fca_1")


async def test_a_slice_ends_after_its_pages_and_the_next_one_continues(database):
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        account = sandbox.add_account(transactions=450)
        await store.want(account)
        results = [await sync_slice(client, store, account, pages=2)]
        assert 200 == len(stored_states(database))
        while results[-1] == SliceResult.MORE:
            results.append(await sync_slice(client, store, account, pages=2))
        assert SliceResult.DONE == results[-1]
        assert await read_everything(client, [account]) == stored_states(database)
        assert 450 == len(outbox_states(database))


async def test_a_slice_that_should_stop_commits_its_page(database):
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        account = sandbox.add_account(transactions=450)
        await store.want(account)

        result = await sync_slice(client, store, account, stopping=lambda: True)

        assert SliceResult.MORE == result
        assert 100 == len(stored_states(database))
        assert [account] == await store.due(10)


async def test_only_changed_states_are_recorded_again(database):
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        account = sandbox.add_account(transactions=120)
        await store.want(account)
        await sync_slice(client, store, account)
        sandbox.add_transactions(account, 5)
        await store.want(account)
        await sync_slice(client, store, account)
        query(database, "UPDATE fc_account SET cursor = NULL, due_at = now()")
        await sync_slice(client, store, account)
        assert 125 == len(outbox_states(database)) == len(stored_states(database))


async def test_an_event_during_a_slice_makes_the_account_due_again(database):
    async with open_store(database) as store:
        await store.want("fca_1")
        lease = await store.claim("fca_1")
        await store.want("fca_1")
        assert not await store.finish(lease)
        assert ["fca_1"] == await store.due(10)


async def test_two_workers_do_not_sync_an_account_at_once(database):
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        account = sandbox.add_account(transactions=250)
        await store.want(account)
        results = []

        async def run():
            results.append(await sync_slice(client, store, account))

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(run)

        assert [SliceResult.DONE] == [r for r in results if r != SliceResult.OVERTAKEN]
        # Three pages, twice, and three requests for the account.
        assert 9 == sandbox.traffic.total.admitted


async def test_a_worker_that_lost_its_lease_stores_nothing_stale(database):
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        account = sandbox.add_account(transactions=250)
        await store.want(account)
        slow = await store.claim(account)
        batches = [b async for b in client.transactions.sync(account)]
        lapse_lease(database)
        assert SliceResult.DONE == await sync_slice(client, store, account)
        assert not await store.commit(slow, batches[0])
        assert 250 == len(outbox_states(database))


async def test_a_cancelled_slice_releases_its_account(database):
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        account = sandbox.add_account(transactions=250)
        await store.want(account)
        with anyio.CancelScope() as scope:

            def cancel():
                scope.cancel()
                return False

            await sync_slice(client, store, account, stopping=cancel)
        assert scope.cancelled_caught
        assert [account] == await store.due(10)


def client_with(status, body, **settings):
    """Return a client whose requests all get the same response."""
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json=body))
    http = httpx.AsyncClient(transport=transport)
    return AsyncClient("sk_test_1", http_client=http, max_retries=0, **settings)


def error(**fields):
    return {"error": {"type": "invalid_request_error", "message": "No.", **fields}}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, error(type="api_error")),
        (503, error(type="api_error")),
        (429, error(type="rate_limit_error")),
        (409, error(code="lock_timeout")),
        (401, error()),
        (403, error()),
    ],
)
async def test_an_error_that_may_pass_never_kills_an_account(database, status, body):
    async with open_store(database, max_strikes=2) as store:
        await store.want("fca_1")
        for _ in range(5):
            async with client_with(status, body) as client:
                assert SliceResult.FAILED == await sync_slice(client, store, "fca_1")
            assert 1 == (await store.progress()).waiting
            end_wait(database)
        assert ["fca_1"] == await store.due(10)


async def test_a_lost_connection_never_kills_an_account(database):
    async with open_store(database, max_strikes=1) as store:
        await store.want("fca_1")
        client = AsyncClient("sk_test_1", base_url="http://127.0.0.1:9", max_retries=0)
        async with client:
            assert SliceResult.FAILED == await sync_slice(client, store, "fca_1")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, error(code="financial_connections_account_inactive")),
        (400, error(code="parameter_invalid")),
    ],
)
async def test_a_permanent_error_is_a_dead_letter_at_once(database, status, body):
    async with open_store(database) as store:
        await store.want("fca_1")
        async with client_with(status, body) as client:
            assert SliceResult.GONE == await sync_slice(client, store, "fca_1")
            assert SliceResult.GONE == await sync_slice(client, store, "fca_1")
        (dead,) = await store.dead()
        assert "No." in dead.error
        assert [] == await store.due(10)

        assert 1 == await store.revive(["fca_1"])
        assert ["fca_1"] == await store.due(10)


async def test_a_foreign_key_kills_no_account_that_has_been_read(database):
    async with (
        open_store(database, max_strikes=2) as store,
        served_sandbox() as (sandbox, client),
        served_sandbox() as (_, foreign_client),
    ):
        accounts = [sandbox.add_account(transactions=3) for _ in range(3)]
        for account in accounts:
            await store.want(account)
        await run_workers(client, store, until_idle=True)
        for _ in range(4):
            end_wait(database)
            for account in accounts:
                result = await sync_slice(foreign_client, store, account)
                assert SliceResult.FAILED == result
        end_wait(database)
        await run_workers(client, store, until_idle=True)
        assert 3 == (await store.progress()).done


async def test_an_account_that_was_never_found_dies_after_several_strikes(database):
    async with open_store(database, max_strikes=2) as store:
        await store.want("fca_unknown")
        async with client_with(404, error(code="resource_missing")) as client:
            assert SliceResult.FAILED == await sync_slice(client, store, "fca_unknown")
            end_wait(database)
            assert SliceResult.GONE == await sync_slice(client, store, "fca_unknown")
        assert "NotFoundError" in (await store.dead())[0].error


@pytest.mark.parametrize("is_reachable", [True, False])
async def test_a_store_that_cannot_store_pages_strikes_no_account(
    database, is_reachable
):
    async with open_store(database, max_strikes=2) as store:
        async with served_sandbox() as (sandbox, client):
            account = sandbox.add_account(transactions=3)
            await store.want(account)
            commit, fail = store.commit, store.fail

            async def lose_connection(*_):
                raise psycopg.OperationalError("a password")

            store.commit = lose_connection
            if not is_reachable:
                store.fail = lose_connection
            with pytest.raises(psycopg.OperationalError):
                await sync_slice(client, store, account)
            expected = (0, "OperationalError") if is_reachable else (0, None)
            assert [expected] == query(
                database, "SELECT strikes, error FROM fc_account"
            )
            store.commit, store.fail = commit, fail
            lapse_lease(database)
            end_wait(database)
            assert SliceResult.DONE == await sync_slice(client, store, account)


async def test_a_full_disk_kills_no_account(database):
    async with (
        open_store(database, max_strikes=2, backoff=(3_600, 3_600)) as store,
        served_sandbox() as (sandbox, client),
    ):
        accounts = [sandbox.add_account(transactions=150) for _ in range(3)]
        for account in accounts:
            await store.want(account)
        query(
            database,
            "CREATE FUNCTION fill_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100';"
            " END $$;"
            " CREATE TRIGGER full_disk BEFORE INSERT ON fc_change FOR EACH ROW"
            " EXECUTE FUNCTION fill_disk()",
        )
        for _ in range(5):
            end_wait(database)
            await run_workers(client, store, until_idle=True)
        query(database, "DROP TRIGGER full_disk ON fc_change")
        end_wait(database)
        await run_workers(client, store, until_idle=True)
        assert 3 == (await store.progress()).done


async def test_broken_responses_kill_an_account_after_several_strikes(database):
    async with open_store(database, max_strikes=3) as store:
        await store.want("fca_1")
        results = []
        for _ in range(3):
            end_wait(database)
            async with client_with(200, ["not an object"]) as client:
                results.append(await sync_slice(client, store, "fca_1"))
        assert ["failed", "failed", "gone"] == results
        assert "APIResponseError" in (await store.dead())[0].error


async def test_an_account_that_kills_its_workers_dies(database):
    async with open_store(database, max_strikes=3) as store:
        await store.want("fca_1")
        results = []
        for _ in range(5):
            result = await store.claim("fca_1")
            results.append(result if isinstance(result, str) else "claimed")
            lapse_lease(database)
            if result == "waiting":
                end_wait(database)
        assert ["claimed", "claimed", "waiting", "claimed", "gone"] == results
        assert "3 times" in (await store.dead())[0].error


async def test_an_account_that_kills_its_workers_dies_alone(database):
    """The clock advances by a second per turn, in which a slice is completed."""
    async with open_store(database) as store:
        names = [f"fca_{number}" for number in range(16)]
        for name in names:
            await store.want(name)
        for _ in range(600):
            claimed = [await store.claim(name) for name in await store.due(16)]
            leases = [lease for lease in claimed if isinstance(lease, Lease)]
            if not any(lease.account == names[0] for lease in leases):
                for lease in leases:
                    await store.finish(lease)
            query(
                database,
                "UPDATE fc_account SET due_at = due_at - interval '1 second',"
                " lease_until = lease_until - interval '30 seconds'",
            )
            state = await store.progress()
            if state.dead + state.done == 16:
                break
        assert names[:1] == [item.account for item in await store.dead()]


async def test_an_expired_cursor_restarts_the_account(database):
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        account = sandbox.add_account(transactions=30)
        await store.want(account)
        lease = await store.claim(account)
        await store.reset(lease)
        assert [(None, None)] == query(
            database, "SELECT cursor, lease_until FROM fc_account"
        )
        assert SliceResult.DONE == await sync_slice(client, store, account)
        assert 30 == len(stored_states(database))


async def test_the_account_of_an_event_saves_a_request(database):
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        account = sandbox.add_account(transactions=3)
        await store.want(account)
        await sync_slice(client, store, account)
        for as_object, requests in ((False, 3), (True, 2)):
            sandbox.add_transactions(account, 2)
            snapshot = await client.accounts.retrieve(account)
            await store.want(snapshot if as_object else account)
            count = sandbox.traffic.total.admitted
            assert SliceResult.DONE == await sync_slice(client, store, account)
            assert requests == sandbox.traffic.total.admitted - count
        assert 7 == len(stored_states(database))


async def test_a_late_event_does_not_hide_a_later_refresh(database):
    """The refresh of the late event is already covered by the cursor."""
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        account = sandbox.add_account(transactions=3)
        early = await client.accounts.retrieve(account)
        await store.want(early)
        await sync_slice(client, store, account)
        sandbox.add_transactions(account, 2)
        await store.want(await client.accounts.retrieve(account))
        await store.want(early)
        await sync_slice(client, store, account)
        assert 5 == len(stored_states(database))


async def test_an_event_without_the_account_reads_it_again(database):
    """A slice that ended with the last page knows the refresh before the event."""
    async with open_store(database) as store, served_sandbox() as (sandbox, client):
        account = sandbox.add_account(transactions=3)
        await store.want(account)
        assert SliceResult.MORE == await sync_slice(client, store, account, pages=1)
        sandbox.add_transactions(account, 2)
        await store.want(account)
        await sync_slice(client, store, account)
        assert 5 == len(stored_states(database))
