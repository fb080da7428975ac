"""Lost connections, privileges, poolers, and clients passed by the caller."""

import time

import anyio
import psycopg
import pytest
import redis
import redis.asyncio

from financial_connections.webhooks import PostgresEventStore, RedisEventStore
from financial_connections.webhooks.stores.sql import create_statement
from tests.support.event_stores import numbers, open_backend


async def test_a_lost_connection_to_postgres_is_reopened(servers, tmp_path):
    with open_backend("postgres", servers, tmp_path) as backend:
        store = backend.open()
        assert await store.claim("evt_1", backend.now + 60)
        with psycopg.connect(backend.address, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid()"
            )
        await store.confirm("evt_1")
        assert await store.is_confirmed("evt_1")


async def test_a_lost_connection_to_redis_is_reopened(servers, tmp_path):
    with open_backend("redis", servers, tmp_path) as backend:
        store = backend.open()
        assert await store.claim("evt_1", backend.now + 60)
        with redis.Redis.from_url(backend.address) as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "NORMAL", "SKIPME", "YES")
        await store.confirm("evt_1")
        assert await store.is_confirmed("evt_1")


async def test_a_claim_repeated_after_a_lost_response_succeeds(
    servers, tmp_path, monkeypatch
):
    """The statement is executed, but its response is lost."""
    with open_backend("postgres", servers, tmp_path) as backend:
        store = backend.open()
        execute, lost = store._database._execute, []

        def lossy(query, values):
            result = execute(query, values)
            if b"INSERT" in query and not lost:
                lost.append(1)
                raise psycopg.OperationalError(
                    "the server closed the connection unexpectedly"
                )
            return result

        monkeypatch.setattr(store._database, "_execute", lossy)
        assert await store.claim("evt_1", backend.now + 60)
        assert [1] == lost


async def test_an_existing_table_needs_no_privilege_to_create_tables(servers):
    admin = psycopg.connect(servers["postgres"], autocommit=True)
    with admin:
        admin.execute("CREATE SCHEMA hooks")
        admin.execute(create_statement("hooks.events"))
        admin.execute("CREATE ROLE receiver LOGIN PASSWORD 'unused elsewhere'")
        admin.execute("GRANT USAGE ON SCHEMA hooks TO receiver")
        admin.execute(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON hooks.events TO receiver"
        )
    try:
        store = PostgresEventStore(
            f"{servers['postgres']} user=receiver password='unused elsewhere'",
            table="hooks.events",
        )
        assert await store.claim("evt_1", time.time() + 60)
        await store.confirm("evt_1")
        assert await store.is_confirmed("evt_1")
        await store.aclose()
    finally:
        with psycopg.connect(servers["postgres"], autocommit=True) as admin:
            admin.execute("DROP SCHEMA hooks CASCADE")
            admin.execute("DROP ROLE receiver")


async def test_options_of_the_connection_string_are_kept(servers):
    store = PostgresEventStore(f"{servers['postgres']} options='-c lock_timeout=7s'")
    connection = await anyio.to_thread.run_sync(store._database._connect)
    with connection:
        query = (
            "SELECT current_setting('lock_timeout') = '7s'"
            " AND current_setting('statement_timeout') = '4s'"
        )
        assert (True,) == connection.execute(query).fetchone()
    connection.close()
    await store.aclose()


async def test_a_pooler_that_rejects_options_is_used_without_them(servers, monkeypatch):
    connect, options = psycopg.connect, []

    def reject_options(**parameters):
        options.append(parameters.get("options"))
        if parameters.get("options"):
            raise psycopg.OperationalError(
                "FATAL:  unsupported startup parameter: options"
            )
        return connect(**parameters)

    monkeypatch.setattr(psycopg, "connect", reject_options)
    store = PostgresEventStore(servers["postgres"])
    assert not await store.is_confirmed("evt_1")
    await store.aclose()
    assert ["-c statement_timeout=4000", None] == options


@pytest.mark.asyncio
@pytest.mark.parametrize("decode", [False, True])
async def test_an_async_redis_client_is_accepted(servers, decode):
    async with redis.asyncio.Redis.from_url(
        servers["redis"], decode_responses=decode
    ) as client:
        store = RedisEventStore(client, prefix=f"{next(numbers)}:")
        assert await store.claim("evt_1", time.time() + 60)
        assert not await store.claim("evt_1", time.time() + 60)
        await store.confirm("evt_1")
        assert await store.is_confirmed("evt_1")
        await store.aclose()
        assert await client.ping()


async def test_a_blocking_redis_client_is_accepted(servers):
    with redis.Redis.from_url(servers["redis"]) as client:
        store = RedisEventStore(client, prefix=f"{next(numbers)}:")
        assert await store.claim("evt_1", time.time() + 60)
        await store.release("evt_1")
        assert await store.claim("evt_1", time.time() + 60)
