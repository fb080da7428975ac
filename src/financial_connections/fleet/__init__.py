"""Sync the accounts of a fleet of workers, on any number of machines.

    from financial_connections import AsyncClient
    from financial_connections.fleet import PostgresStore, run_workers

    async with AsyncClient() as client, PostgresStore(conninfo) as store:
        await store.migrate()
        await store.want("fca_123")
        await run_workers(client, store)

A table says which accounts are due. A lease in it keeps two workers from reading the
same account, and a batch is stored only if it continues from the stored cursor. A queue
or workflow engine is only needed to wake up workers, so it may lose or repeat messages.

Needs the extra `financial-connections[fleet]`, PostgreSQL 13 or newer, and asyncio.
"""

from financial_connections.fleet.events import event_handler
from financial_connections.fleet.outbox import Change
from financial_connections.fleet.postgres import PostgresStore
from financial_connections.fleet.rate_limits import (
    PostgresRateLimit,
    RedisRateLimit,
)
from financial_connections.fleet.slices import SliceResult, sync_slice
from financial_connections.fleet.store import (
    DeadAccount,
    Lease,
    Progress,
    SyncStore,
    Unavailable,
    Verdict,
    progress,
)
from financial_connections.fleet.workers import run_workers

__all__ = [
    "Change",
    "DeadAccount",
    "Lease",
    "PostgresRateLimit",
    "PostgresStore",
    "Progress",
    "RedisRateLimit",
    "SliceResult",
    "SyncStore",
    "Unavailable",
    "Verdict",
    "event_handler",
    "progress",
    "run_workers",
    "sync_slice",
]
