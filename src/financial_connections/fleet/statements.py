"""The SQL statements of `PostgresStore`.

Each method of the store is a single statement, so that it is atomic and takes one round
trip. Times come from the server's clock.
"""

# An event can be delivered late. If several requests are pending, `refresh` may not be
# the latest one, so the next sync reads the account itself.
WANT = """
WITH known_tenant AS (
    INSERT INTO fc_tenant VALUES (%(tenant)s) ON CONFLICT DO NOTHING
)
INSERT INTO fc_account AS a (account, tenant, stripe_account, refresh, wanted, due_at)
VALUES (%(account)s, %(tenant)s, %(stripe_account)s, %(refresh)s, 1, now())
ON CONFLICT (account) DO UPDATE SET
    wanted = a.wanted + 1,
    tenant = CASE WHEN %(has_tenant)s THEN excluded.tenant ELSE a.tenant END,
    stripe_account = coalesce(excluded.stripe_account, a.stripe_account),
    refresh = CASE
        WHEN a.wanted = a.done OR a.refresh = excluded.refresh THEN excluded.refresh
    END,
    due_at = CASE WHEN a.dead_at IS NULL THEN least(a.due_at, now()) END
"""

TENANTS = """
SELECT id FROM fc_tenant WHERE %(after)s::text IS NULL OR id > %(after)s
ORDER BY id LIMIT %(limit)s
"""

# Each branch reads a range of the index. One query for both would read all accounts
# that are due in the future, too.
_DUE_BRANCH = """
(
    SELECT tenant, account, backfill, due_at FROM fc_account
    WHERE tenant = t.id AND backfill = {backfill} AND due_at <= now()
        AND (lease_until IS NULL OR lease_until <= now())
        AND account NOT IN (SELECT unnest(%(exclude)s::text[]))
    ORDER BY due_at LIMIT %(per_tenant)s
)
"""
DUE = f"""
SELECT account, backfill, turn, served, due_at, turn >= %(per_tenant)s, tenant FROM (
    SELECT a.*, t.served, row_number() OVER (
        PARTITION BY t.id, a.backfill ORDER BY a.due_at
    ) AS turn
    FROM unnest(%(tenants)s::text[], %(served)s::bigint[]) AS t (id, served)
    CROSS JOIN LATERAL (
        {_DUE_BRANCH.format(backfill="false")}
        UNION ALL
        {_DUE_BRANCH.format(backfill="true")}
    ) AS a
) AS candidate
ORDER BY backfill, turn, served, due_at LIMIT %(limit)s
"""  # noqa: S608 - both parts are constants

CLAIM = """
WITH found AS (
    SELECT account, lease_until IS NOT NULL AS has_lapsed FROM fc_account
    WHERE account = %(account)s AND due_at <= now()
        AND (lease_until IS NULL OR lease_until <= now())
    FOR UPDATE
)
UPDATE fc_account AS a SET
    lease_token = %(token)s,
    lease_until = now() + %(seconds)s * interval '1 second',
    strikes = strikes + has_lapsed::integer
FROM found WHERE a.account = found.account
RETURNING cursor, stripe_account, refresh, wanted, strikes, has_lapsed
"""

STATE = """
SELECT CASE
    WHEN dead_at IS NOT NULL THEN 'gone'
    WHEN lease_until > now() THEN 'leased'
    WHEN attempts > 0 THEN 'waiting'
    ELSE 'idle'
END
FROM fc_account WHERE account = %(account)s
"""

RENEW = """
UPDATE fc_account SET lease_until = now() + %(seconds)s * interval '1 second'
WHERE account = %(account)s AND lease_token = %(token)s
"""

# The row lock makes a concurrent commit wait, and then find another cursor. A state
# that is stored already is neither written nor recorded as a change.
COMMIT = """
WITH held AS (
    SELECT account FROM fc_account
    WHERE account = %(account)s AND cursor IS NOT DISTINCT FROM %(previous)s
    FOR UPDATE
), stored AS (
    INSERT INTO fc_transaction AS t
        (account, id, amount, currency, status, transacted_at, data)
    SELECT held.account, batch.id, amount, currency, status, transacted_at, data::json
    FROM held, unnest(
        %(ids)s::text[], %(amounts)s::bigint[], %(currencies)s::text[],
        %(statuses)s::text[], %(transacted_at)s::bigint[], %(data)s::text[]
    ) AS batch (id, amount, currency, status, transacted_at, data)
    ON CONFLICT (account, id) DO UPDATE SET
        amount = excluded.amount, currency = excluded.currency,
        status = excluded.status, transacted_at = excluded.transacted_at,
        data = excluded.data, version = t.version + 1
    WHERE t.data::text IS DISTINCT FROM excluded.data::text
    RETURNING t.account, t.id, t.version, t.data
), changed AS (
    INSERT INTO fc_change (account, id, version, data) SELECT * FROM stored
)
UPDATE fc_account AS a SET
    cursor = %(cursor)s, attempts = 0, strikes = 0, error = NULL,
    transactions = transactions + (SELECT count(*) FROM stored WHERE version = 1),
    lease_until = CASE
        WHEN lease_token = %(token)s THEN now() + %(seconds)s * interval '1 second'
        ELSE lease_until
    END
FROM held WHERE a.account = held.account
"""

# A worker that has lost its lease has nevertheless read everything that was wanted when
# it claimed the account. Repeated syncs are spread, so that they do not come in waves.
FINISH = """
UPDATE fc_account SET
    done = greatest(done, %(wanted)s), backfill = false, synced_at = now(),
    refresh = NULL, slices = 0, attempts = 0, strikes = 0, error = NULL,
    due_at = CASE
        WHEN wanted > %(wanted)s THEN now()
        ELSE now() + %(resync)s * (0.9 + 0.2 * random()) * interval '1 second'
    END,
    lease_until = CASE WHEN lease_token = %(token)s THEN NULL ELSE lease_until END,
    lease_token = nullif(lease_token, %(token)s)
WHERE account = %(account)s AND dead_at IS NULL
RETURNING wanted > %(wanted)s
"""

# The account keeps its place, so that accounts are completed one by one rather than all
# at the end. But one that never ends must not keep its tenant from the others.
RELEASE = """
UPDATE fc_account SET
    refresh = CASE WHEN wanted = %(wanted)s THEN %(refresh)s END,
    slices = slices + 1,
    due_at = CASE WHEN slices >= %(max_slices)s THEN now() ELSE due_at END,
    lease_token = NULL, lease_until = NULL
WHERE account = %(account)s AND lease_token = %(token)s
"""

RESET = """
UPDATE fc_account SET
    cursor = NULL, refresh = NULL, backfill = true, due_at = now(),
    lease_token = NULL, lease_until = NULL
WHERE account = %(account)s AND lease_token = %(token)s
"""

# Any part of the longest wait, because accounts that failed together are tried apart.
POSTPONE = """
UPDATE fc_account SET
    attempts = attempts + 1, error = %(error)s,
    due_at = now() + least(%(longest)s, %(shortest)s * 2 ^ strikes)
        * random() * interval '1 second',
    lease_token = NULL, lease_until = NULL
WHERE account = %(account)s AND lease_token = %(token)s
"""

FAIL = """
WITH failed AS (
    SELECT account, %(is_dead)s OR strikes + %(strikes)s >= %(max_strikes)s AS is_dead
    FROM fc_account WHERE account = %(account)s AND lease_token = %(token)s
    FOR UPDATE
)
UPDATE fc_account AS a SET
    attempts = attempts + 1, strikes = strikes + %(strikes)s, error = %(error)s,
    refresh = NULL,
    dead_at = CASE WHEN failed.is_dead THEN now() END,
    due_at = CASE WHEN NOT failed.is_dead THEN
        now() + least(%(longest)s, %(shortest)s * 2 ^ least(attempts, 30))
            * (0.5 + 0.5 * random()) * interval '1 second'
    END,
    lease_token = NULL, lease_until = NULL
FROM failed WHERE a.account = failed.account
RETURNING failed.is_dead
"""

REVIVE = """
UPDATE fc_account SET
    dead_at = NULL, error = NULL, attempts = 0, strikes = 0, refresh = NULL,
    due_at = now()
WHERE dead_at IS NOT NULL
    AND (%(accounts)s::text[] IS NULL OR account = ANY (%(accounts)s))
"""

DEAD = """
SELECT account, tenant, coalesce(error, ''), extract(epoch FROM dead_at)::float8,
    transactions
FROM fc_account WHERE dead_at IS NOT NULL ORDER BY dead_at DESC LIMIT %(limit)s
"""

PROGRESS = """
SELECT
    count(*) AS accounts,
    count(*) FILTER (WHERE state = 'done') AS done,
    count(*) FILTER (WHERE state = 'due') AS due,
    count(*) FILTER (WHERE state = 'running') AS running,
    count(*) FILTER (WHERE state = 'waiting') AS waiting,
    count(*) FILTER (WHERE state = 'dead') AS dead,
    count(*) FILTER (WHERE backfill AND state <> 'dead') AS backfill,
    coalesce(sum(transactions), 0)::bigint AS transactions,
    extract(epoch FROM now() - min(due_at) FILTER (WHERE state = 'due'))::float8
        AS oldest_due
FROM (
    SELECT backfill, transactions, due_at, CASE
        WHEN dead_at IS NOT NULL THEN 'dead'
        WHEN lease_until > now() THEN 'running'
        WHEN due_at <= now() THEN 'due'
        WHEN attempts > 0 THEN 'waiting'
        ELSE 'done'
    END AS state
    FROM fc_account
) AS account
"""

# Transactions commit in another order than they assign positions. A change is read only
# after all transactions that began before its own have ended, so none is skipped.
CHANGES = """
SELECT c.position, c.xid::text, c.account, a.tenant, a.stripe_account, c.id, c.version,
    c.data::text, extract(epoch FROM c.committed_at)::float8
FROM fc_change AS c JOIN fc_account AS a USING (account)
WHERE (c.xid, c.position) > (
        SELECT xid, position FROM fc_consumer WHERE name = %(consumer)s
    )
    AND c.xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY c.xid, c.position LIMIT %(limit)s
"""

ADD_CONSUMER = """
INSERT INTO fc_consumer (name) VALUES (%(consumer)s) ON CONFLICT DO NOTHING
"""

ADVANCE = """
UPDATE fc_consumer SET xid = %(xid)s::text::xid8, position = %(position)s
WHERE name = %(consumer)s
"""

PRUNE = """
DELETE FROM fc_change AS c
WHERE committed_at < now() - %(seconds)s * interval '1 second'
    AND NOT EXISTS (
        SELECT FROM fc_consumer AS k
        WHERE (k.xid, k.position) < (c.xid, c.position)
    )
"""
