"""Changes of transactions, read by consumers."""

import anyio
import psycopg
import pytest

from financial_connections import ConfigurationError
from financial_connections.fleet import PostgresStore
from financial_connections.models import Transaction
from tests.support.fleet.stores import make_batch, open_store, query


async def commit(store, account, number, *ids):
    """Store a batch with a new state of each transaction."""
    if number == 1:
        await store.want(account)
    lease = await store.claim(account)
    items = [Transaction(id=name, amount=number) for name in ids]
    previous = None if number == 1 else f"c{number - 1}"
    assert await store.commit(
        lease, make_batch(account, previous, f"c{number}", *items)
    )
    await store.release(lease)


async def read_all(store, consumer="warehouse", limit=2):
    changes = []
    while True:
        async with store.changes(consumer, limit=limit) as batch:
            if not batch:
                return changes
            changes += batch


async def test_consumers_read_every_change_in_order(database):
    async with open_store(database) as store:
        await commit(store, "fca_1", 1, "a", "b", "c")
        await commit(store, "fca_2", 1, "d")
        await commit(store, "fca_1", 2, "a")
        for consumer in ("warehouse", "alerts"):
            changes = await read_all(store, consumer)
            assert 5 == len(changes)
            assert {"a", "b", "c"} == {change.transaction for change in changes[:3]}
            assert ("a", 2, {"id": "a", "amount": 2}) == (
                changes[-1].transaction,
                changes[-1].version,
                changes[-1].data,
            )
        assert [] == await read_all(store)


async def test_a_block_that_fails_reads_the_same_changes_again(database):
    async with open_store(database) as store:
        await commit(store, "fca_1", 1, "a", "b")
        with pytest.raises(RuntimeError, match="full disk"):
            async with store.changes("warehouse") as changes:
                raise RuntimeError("full disk")
        assert changes == await read_all(store)


async def test_a_restored_dump_loses_no_change(database):
    """Give the stored changes the high transaction IDs of another cluster."""
    async with open_store(database) as store:
        await commit(store, "fca_1", 1, "a", "b", "c")
        async with store.changes("warehouse", limit=2) as changes:
            read = [change.transaction for change in changes]
        for table in ("fc_change", "fc_consumer"):
            query(
                database,
                f"UPDATE {table} SET xid = (xid::text::bigint + 1000000)::text::xid8",
            )
    async with PostgresStore(database) as store:
        with pytest.raises(ConfigurationError, match="another PostgreSQL cluster"):
            await store.progress()
        assert 0 == await store.migrate()
        await commit(store, "fca_1", 2, "a")
        read += [change.transaction for change in await read_all(store)]
        assert ["a", "b", "c", "a"] == read
        everything = await read_all(store, "new")
        assert ["a", "b", "c", "a"] == [change.transaction for change in everything]


async def test_changes_wait_for_earlier_transactions(database):
    """A position assigned early may be committed late."""
    async with open_store(database) as store:
        await store.want("fca_1")
        connection = await psycopg.AsyncConnection.connect(database)
        async with connection:
            await connection.execute(
                "INSERT INTO fc_change (account, id, version, data)"
                " VALUES ('fca_1', 'slow', 1, '{}')"
            )
            await store.want("fca_2")
            await commit(store, "fca_2", 1, "fast")
            assert [] == await read_all(store)
        names = [change.transaction for change in await read_all(store)]
        assert ["slow", "fast"] == names


async def test_readers_of_one_consumer_take_turns(database):
    async with open_store(database, connections=6) as store:
        await commit(store, "fca_1", 1, *[str(number) for number in range(30)])
        seen = []

        async def run():
            while True:
                async with store.changes("warehouse", limit=4) as changes:
                    if not changes:
                        return
                    seen.extend(change.transaction for change in changes)
                    await anyio.lowlevel.checkpoint()

        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(run)
        assert 30 == len(seen) == len(set(seen))


async def test_only_changes_that_every_consumer_has_read_are_pruned(database):
    async with open_store(database) as store:
        await commit(store, "fca_1", 1, "a", "b", "c")
        await read_all(store, "fast")
        async with store.changes("slow", limit=1):
            pass
        query(database, "UPDATE fc_change SET committed_at = now() - interval '1 hour'")
        assert 0 == await store.prune(older_than=7_200)
        assert 1 == await store.prune(older_than=60)
        assert 2 == len(await read_all(store, "slow"))
        assert 2 == await store.prune(older_than=60)


async def test_a_change_hides_its_data(database):
    async with open_store(database) as store:
        await commit(store, "fca_1", 1, "a")
        (change,) = await read_all(store)
        assert "amount" not in repr(change)
