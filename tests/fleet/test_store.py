"""The PostgreSQL store: what is due, leases, and commits."""

import anyio
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from financial_connections import ConfigurationError, InvalidArgumentError
from financial_connections.fleet import PostgresStore, progress
from financial_connections.models import Transaction
from tests.support.fleet.stores import (
    end_wait,
    lapse_lease,
    make_batch,
    new_schema,
    open_store,
    outbox_states,
    query,
    stored_states,
)


async def test_tenants_take_turns(database):
    async with open_store(database) as store:
        for number in range(50):
            await store.want(f"fca_big_{number:02}", tenant="big")
        await store.want("fca_small", tenant="small")
        await store.want("fca_platform", stripe_account="acct_1")
        due = await store.due(5)
        assert {"fca_small", "fca_platform", "fca_big_00"} == set(due[:3])
        assert ["fca_big_01", "fca_big_02"] == due[3:]


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_tenants_take_turns_between_calls(database, limit):
    async with open_store(database) as store:
        for number in range(20):
            await store.want(f"fca_big_{number:02}", tenant="big")
        running = list(await store.due(limit))
        for number in range(3):
            await store.want(f"fca_small_{number}", tenant="small")
        for _ in range(6):
            running += await store.due(1, exclude=running)
        small = [name for name in running[limit:] if "small" in name]
        assert ["fca_small_0", "fca_small_1", "fca_small_2"] == small


async def test_only_a_limited_number_of_turns_is_remembered(database, monkeypatch):
    monkeypatch.setattr("financial_connections.fleet.feeding._REMEMBERED", 3)
    async with open_store(database) as store:
        for number in range(9):
            await store.want(f"fca_{number}", tenant=str(number))
        due = await store.due(9)
        assert 9 == len(due)
        assert due[-3:] == [f"fca_{name}" for name in store._feeder._served]


async def test_one_tenant_can_use_the_whole_limit(database):
    async with open_store(database) as store:
        for number in range(100):
            await store.want(f"fca_{number:03}", tenant=str(number % 3 and number))
        for number in range(90):
            await store.want(f"fca_big_{number:02}", tenant="big")
        query(database, "UPDATE fc_account SET due_at = NULL WHERE tenant <> 'big'")
        assert 90 == len(await store.due(400))


@pytest.mark.parametrize("tenants", [499, 500, 501, 1_200])
async def test_every_tenant_has_its_turn(database, tenants):
    async with open_store(database) as store:
        query(
            database,
            "INSERT INTO fc_tenant SELECT 't' || n FROM generate_series(1, %s) n",
            tenants,
        )
        query(
            database,
            "INSERT INTO fc_account (account, tenant, due_at)"
            " SELECT 'fca_' || id, id, now() FROM fc_tenant",
        )
        seen = set()
        for _ in range(tenants // 50 + 3):
            due = await store.due(50, exclude=seen)
            assert len(due) == len(set(due) - seen)
            seen |= set(due)
        assert tenants == len(seen)


async def test_news_comes_before_the_backfill_of_all_tenants(database):
    async with open_store(database) as store:
        for tenant in ("a", "b"):
            for number in range(3):
                await store.want(f"fca_{tenant}{number}", tenant=tenant)
        lease = await store.claim("fca_b2")
        assert await store.finish(lease)
        await store.want("fca_b2")
        assert "fca_b2" == (await store.due(1))[0]


async def test_leased_dead_waiting_and_excluded_accounts_are_not_due(database):
    async with open_store(database) as store:
        for name in ("leased", "dead", "waiting", "excluded", "due", "done"):
            await store.want(name)
        await store.claim("leased")
        await store.fail(await store.claim("dead"), "No.", "dead")
        await store.fail(await store.claim("waiting"), "No.", "wait")
        await store.finish(await store.claim("done"))
        assert ["due"] == await store.due(10, exclude=["excluded"])
        state = await progress(store)
        counts = (state.due, state.running, state.waiting, state.dead, state.done)
        assert (2, 1, 1, 1, 1) == counts
        assert 6 == state.accounts


async def test_a_lease_that_lapses_or_ends_makes_an_account_available(database):
    async with open_store(database) as store:
        await store.want("fca_1")
        first = await store.claim("fca_1")
        assert "leased" == await store.claim("fca_1")
        lapse_lease(database)
        second = await store.claim("fca_1")
        await store.renew(first)
        await store.release(first)
        assert "leased" == await store.claim("fca_1")
        await store.release(second)
        third = await store.claim("fca_1")
        assert await store.finish(third)
        await store.renew(third)
        assert "idle" == await store.claim("fca_1")
        assert "gone" == await store.claim("fca_2")


async def test_an_account_keeps_its_place_when_its_slice_ends(database):
    async with open_store(database) as store:
        for number in range(3):
            await store.want(f"fca_{number}")
        lease = await store.claim("fca_0")
        assert ["fca_1", "fca_2"] == await store.due(9)
        await store.release(lease)
        assert ["fca_0", "fca_1", "fca_2"] == await store.due(9)


async def test_an_account_that_never_ends_gives_way_to_its_tenant(database):
    async with open_store(database) as store:
        for number in range(3):
            await store.want(f"fca_{number}")
        for _ in range(51):
            assert "fca_0" == (await store.due(9))[0]
            await store.release(await store.claim("fca_0"))
        assert ["fca_1", "fca_2", "fca_0"] == await store.due(9)
        await store.finish(await store.claim("fca_0"))
        assert [(0,)] == query(
            database, "SELECT slices FROM fc_account WHERE account = 'fca_0'"
        )


async def test_an_account_moves_to_a_tenant_that_is_given(database):
    async with open_store(database) as store:
        tenants = []
        for tenant in (None, "customer_7", None, "customer_8"):
            await store.want("fca_1", stripe_account="acct_1", tenant=tenant)
            tenants += query(database, "SELECT tenant FROM fc_account")
        assert [
            ("acct_1",),
            ("customer_7",),
            ("customer_7",),
            ("customer_8",),
        ] == tenants


async def test_an_account_is_synced_again_after_a_while(database):
    async with open_store(database, resync_every=100) as store:
        await store.want("fca_1")
        await store.finish(await store.claim("fca_1"))
        ((seconds,),) = query(
            database, "SELECT extract(epoch FROM due_at - now()) FROM fc_account"
        )
        assert 80 < seconds < 120


async def test_waits_grow_and_progress_resets_them(database):
    async with open_store(database, backoff=(10, 60)) as store:
        await store.want("fca_1")
        waits = []
        for _ in range(6):
            end_wait(database)
            await store.fail(await store.claim("fca_1"), "No.", "wait")
            waits += query(
                database, "SELECT extract(epoch FROM due_at - now()) FROM fc_account"
            )
        bounds = [10, 20, 40, 60, 60, 60]
        for (wait,), bound in zip(waits, bounds, strict=True):
            assert bound / 2 - 2 < wait <= bound
        end_wait(database)
        lease = await store.claim("fca_1")
        assert await store.commit(lease, make_batch("fca_1", None, "c1"))
        assert [(0, None)] == query(database, "SELECT attempts, error FROM fc_account")


async def test_data_that_does_not_fit_a_column_is_kept(database):
    odd = Transaction(id="fctxn_1", amount=2**70, currency="u\0d", status=None)
    nan = Transaction(id="fctxn_2", amount=float("nan"), description="NaN \ud800")
    async with open_store(database) as store:
        await store.want("fca_1")
        lease = await store.claim("fca_1")
        assert await store.commit(lease, make_batch("fca_1", None, "c1", odd, nan))
        assert [(None, None)] == query(
            database, "SELECT amount, currency FROM fc_transaction WHERE id = 'fctxn_1'"
        )
        texts = stored_states(database)
        assert str(2**70) in texts["fca_1", "fctxn_1"]
        assert "\\u0000" in texts["fca_1", "fctxn_1"]


async def test_data_that_postgres_rejects_is_an_error_without_the_data(database):
    secret = Transaction(id="fctxn_\0secret")
    async with open_store(database) as store:
        await store.want("fca_1")
        lease = await store.claim("fca_1")
        with pytest.raises(ValueError, match="cannot store") as caught:
            await store.commit(lease, make_batch("fca_1", None, "c1", secret))
        assert "secret" not in str(caught.value)
        assert caught.value.__context__ is None
        assert [(None,)] == query(database, "SELECT cursor FROM fc_account")


async def test_a_want_can_be_part_of_a_transaction(database):
    async with open_store(database) as store:
        connection = await psycopg.AsyncConnection.connect(database)
        async with connection:
            await store.want("fca_1", connection=connection)
            assert [] == await store.due(1)
        assert ["fca_1"] == await store.due(1)


async def test_an_account_without_an_id_is_rejected(database):
    async with open_store(database) as store:
        for account in ("", "fca_\0", 7, None):
            with pytest.raises(InvalidArgumentError):
                await store.want(account)


async def test_missing_and_newer_tables_are_reported(database):
    async with PostgresStore(database) as store:
        with pytest.raises(ConfigurationError, match=r"PostgresStore\.migrate"):
            await store.progress()
        assert 1 == await store.migrate()
        assert 0 == await store.migrate()
        query(database, "UPDATE fc_schema SET version = 99")
    async with PostgresStore(database) as store:
        with pytest.raises(ConfigurationError, match="upgrade the package"):
            await store.progress()


async def test_machines_can_migrate_at_the_same_time(database):
    counts = []

    async def run():
        async with PostgresStore(database) as store:
            counts.append(await store.migrate())

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(run)
    assert [0, 0, 0, 1] == sorted(counts)


def test_settings_are_checked_and_passwords_hidden():
    for conninfo in ("password=hunter2 nonsense", "postgres://u:hunter2@[", None):
        with pytest.raises(ConfigurationError) as caught:
            PostgresStore(conninfo)
        assert "hunter2" not in str(caught.value)
        assert caught.value.__context__ is None
    store = PostgresStore("postgresql://u:hunter2@localhost/app")
    assert "hunter2" not in repr(vars(store)) + repr(vars(store._database))
    for name in ("lease", "resync_every", "max_strikes", "connections"):
        with pytest.raises(ConfigurationError, match=name):
            PostgresStore("", **{name: 0})


COMMITS = st.lists(
    st.tuples(
        st.booleans(),  # whether the batch continues from the stored cursor
        st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3)), max_size=4),
    ),
    max_size=8,
)


@pytest.mark.anyio
@settings(max_examples=25)
@given(commits=COMMITS)
async def test_commits_agree_with_a_model(postgres, commits):
    """Store batches, some of which are stale, and compare with plain dicts."""
    database = new_schema(postgres)
    async with open_store(database) as store:
        await store.want("fca_1")
        lease = await store.claim("fca_1")
        cursor, states, outbox = None, {}, []
        for number, (continues, items) in enumerate(commits):
            previous = cursor if continues else "stale"
            batch = [Transaction(id=f"t{key}", amount=amount) for key, amount in items]
            next_cursor = f"c{number}"
            result = await store.commit(
                lease, make_batch("fca_1", previous, next_cursor, *batch)
            )
            assert continues == result
            if continues:
                cursor = next_cursor
                for key, amount in dict(items).items():
                    version, known = states.get(f"t{key}", (0, None))
                    if known != amount:
                        states[f"t{key}"] = version + 1, amount
                        outbox.append((f"t{key}", version + 1))
        rows = query(database, "SELECT id, version, amount FROM fc_transaction")
        assert states == {key: (version, amount) for key, version, amount in rows}
        assert sorted(outbox) == sorted(row[1:3] for row in outbox_states(database))
        assert len(states) == (await store.progress()).transactions
