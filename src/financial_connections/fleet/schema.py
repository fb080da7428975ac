"""The tables of a fleet in PostgreSQL, and their migrations.

A released migration is never changed: append another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from financial_connections.errors import ConfigurationError

if TYPE_CHECKING:
    from psycopg import AsyncConnection

PARTITIONS = 16
"""Number of partitions of the transactions. PostgreSQL vacuums each on its own."""

_CREATE = """
CREATE TABLE fc_tenant (id text PRIMARY KEY);

CREATE TABLE fc_account (
    account text PRIMARY KEY,
    tenant text NOT NULL REFERENCES fc_tenant,
    stripe_account text,
    cursor text,
    refresh text,
    wanted bigint NOT NULL DEFAULT 0,
    done bigint NOT NULL DEFAULT 0,
    backfill boolean NOT NULL DEFAULT true,
    due_at timestamptz,
    lease_token text,
    lease_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    strikes integer NOT NULL DEFAULT 0,
    slices integer NOT NULL DEFAULT 0,
    error text,
    dead_at timestamptz,
    synced_at timestamptz,
    transactions bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
COMMENT ON COLUMN fc_account.refresh IS
    'Latest transaction refresh that is known to have succeeded';
COMMENT ON COLUMN fc_account.backfill IS
    'True until the account has been read to its end for the first time';
COMMENT ON COLUMN fc_account.due_at IS
    'Time from which a worker should sync the account; NULL if it is dead';
COMMENT ON COLUMN fc_account.attempts IS
    'Number of errors without any progress, from which the next wait is computed';
COMMENT ON COLUMN fc_account.strikes IS
    'Number of errors without any progress that count towards its death';
CREATE INDEX fc_account_due ON fc_account (tenant, backfill, due_at)
    WHERE due_at IS NOT NULL;
CREATE INDEX fc_account_dead ON fc_account (dead_at) WHERE dead_at IS NOT NULL;

CREATE TABLE fc_transaction (
    account text NOT NULL,
    id text NOT NULL,
    amount bigint,
    currency text,
    status text,
    transacted_at bigint,
    version integer NOT NULL DEFAULT 1,
    data json NOT NULL,
    PRIMARY KEY (account, id)
) PARTITION BY HASH (account);
COMMENT ON COLUMN fc_transaction.version IS
    'Number of states of the transaction that have been stored, including this one';

CREATE TABLE fc_change (
    position bigint GENERATED ALWAYS AS IDENTITY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    account text NOT NULL,
    id text NOT NULL,
    version integer NOT NULL,
    data json NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (xid, position)
);
CREATE INDEX fc_change_committed_at ON fc_change (committed_at);

CREATE TABLE fc_consumer (
    name text PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT '0',
    position bigint NOT NULL DEFAULT 0
);
"""
# A crash of the server empties unlogged tables, so their permits are lost then.
_CREATE_PERMITS = """
CREATE UNLOGGED TABLE fc_permit (
    scope text NOT NULL,
    token text NOT NULL,
    free_at timestamptz NOT NULL,
    PRIMARY KEY (scope, token)
);
CREATE UNLOGGED TABLE fc_pace (scope text PRIMARY KEY, next_at timestamptz NOT NULL);

CREATE FUNCTION fc_take_permit(
    scopes text[], counts integer[], new_token text, lease double precision,
    is_in_turn boolean, period double precision, grace double precision,
    OUT wait double precision, OUT has_turn boolean
) LANGUAGE plpgsql AS $$
DECLARE
    -- The locks of the scopes are taken before the clock is read.
    now_at timestamptz;
    turn_at timestamptz;
    free_from timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('fc_permit'), hashtext(key))
        FROM unnest(scopes) AS key ORDER BY hashtext(key);
    now_at := clock_timestamp();
    wait := 0;
    has_turn := true;
    IF NOT EXISTS (SELECT FROM fc_permit WHERE scope = ANY (scopes)) THEN
        wait := grace - extract(epoch FROM now_at - pg_postmaster_start_time());
        IF wait > 0 THEN
            has_turn := false;
            RETURN;
        END IF;
        wait := 0;
    END IF;
    IF NOT is_in_turn THEN
        SELECT greatest(next_at, now_at) INTO turn_at FROM fc_pace
            WHERE scope = scopes[1];
        turn_at := coalesce(turn_at, now_at);
        INSERT INTO fc_pace VALUES (scopes[1], turn_at + period * interval '1 second')
            ON CONFLICT (scope) DO UPDATE SET next_at = excluded.next_at;
        IF turn_at > now_at THEN
            wait := extract(epoch FROM turn_at - now_at);
            RETURN;
        END IF;
    END IF;
    DELETE FROM fc_permit WHERE scope = ANY (scopes) AND free_at <= now_at;
    FOR i IN 1 .. cardinality(scopes) LOOP
        SELECT min(free_at) INTO free_from FROM fc_permit WHERE scope = scopes[i]
            HAVING count(*) >= counts[i];
        wait := greatest(wait, coalesce(extract(epoch FROM free_from - now_at), 0));
    END LOOP;
    IF wait <= 0 THEN
        INSERT INTO fc_permit
            SELECT key, new_token, now_at + lease * interval '1 second'
            FROM unnest(scopes) AS key;
    END IF;
END $$;
"""
_CREATE_PARTITION = """
CREATE TABLE fc_transaction_{0} PARTITION OF fc_transaction
    FOR VALUES WITH (MODULUS {1}, REMAINDER {0});
"""
_MIGRATIONS = (
    _CREATE
    + "".join(
        _CREATE_PARTITION.format(number, PARTITIONS) for number in range(PARTITIONS)
    )
    + _CREATE_PERMITS,
)

VERSION = len(_MIGRATIONS)
"""Version of the schema that this version of the package needs."""

# Transaction IDs order the changes. After a dump has been restored in another cluster,
# the stored ones can be higher than the cluster's own.
_IS_FOREIGN = """
SELECT coalesce(greatest(
    (SELECT xid FROM fc_change ORDER BY xid DESC LIMIT 1),
    (SELECT xid FROM fc_consumer ORDER BY xid DESC LIMIT 1)
) >= pg_snapshot_xmax(pg_current_snapshot()), false)
"""
# A consumer may read changes again that it has read out of order, but it skips none.
_RENUMBER = """
UPDATE fc_consumer AS k SET xid = '0', position = coalesce(
    (
        SELECT min(position) - 1 FROM fc_change
        WHERE (xid, position) > (k.xid, k.position)
    ),
    (SELECT max(position) FROM fc_change),
    0
);
UPDATE fc_change SET xid = '0' WHERE xid <> '0'
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('financial_connections.fleet'))"


async def migrate(connection: AsyncConnection[Any]) -> int:
    """Create the tables, or bring them to the current version.

    If the database has been restored from the dump of another cluster, it also makes
    the positions of consumers valid here.

    Args:
        connection: A connection in autocommit mode.

    Returns:
        The number of migrations that have been run.
    """
    async with connection.transaction():
        await connection.execute(_LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS fc_schema (version integer NOT NULL)"
        )
        version = await _version(connection)
        for migration in _MIGRATIONS[version:]:
            await connection.execute(migration.encode())
        if version < VERSION:
            await connection.execute("DELETE FROM fc_schema")
            await connection.execute("INSERT INTO fc_schema VALUES (%s)", [VERSION])
        if version <= VERSION and await _is_foreign(connection):
            await connection.execute(_RENUMBER.encode())
    return max(0, VERSION - version)


async def require_current(connection: AsyncConnection[Any]) -> None:
    """Check the version of the tables, and that they belong to this cluster.

    Args:
        connection: A connection.

    Raises:
        ConfigurationError: The tables do not exist, or have another version, or the
            database has been restored from the dump of another cluster.
    """
    result = await connection.execute("SELECT to_regclass('fc_schema')")
    version = 0 if await result.fetchone() == (None,) else await _version(connection)
    if version < VERSION:
        raise ConfigurationError(
            f"the tables of the fleet have version {version} instead of {VERSION}: "
            "call `PostgresStore.migrate`"
        )
    if version > VERSION:
        raise ConfigurationError(
            f"the tables of the fleet have version {version}, but this version of "
            f"financial-connections knows only {VERSION}: upgrade the package"
        )
    if await _is_foreign(connection):
        raise ConfigurationError(
            "the tables of the fleet have been restored from the dump of another"
            " PostgreSQL cluster: call `PostgresStore.migrate`"
        )


async def _is_foreign(connection: AsyncConnection[Any]) -> bool:
    result = await connection.execute(_IS_FOREIGN.encode())
    return await result.fetchone() == (True,)


async def _version(connection: AsyncConnection[Any]) -> int:
    result = await connection.execute("SELECT max(version) FROM fc_schema")
    row = await result.fetchone()
    return (row and row[0]) or 0
