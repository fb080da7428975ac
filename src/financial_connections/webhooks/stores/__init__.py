"""Records of handled events: in memory, SQLite, Redis and PostgreSQL."""

from financial_connections.webhooks.stores.memory import RecentEvents
from financial_connections.webhooks.stores.postgres import PostgresEventStore
from financial_connections.webhooks.stores.protocol import (
    EventStore,
    QueryableEventStore,
    store_from,
)
from financial_connections.webhooks.stores.redis import RedisEventStore
from financial_connections.webhooks.stores.sqlite import SQLiteEventStore

__all__ = [
    "EventStore",
    "PostgresEventStore",
    "QueryableEventStore",
    "RecentEvents",
    "RedisEventStore",
    "SQLiteEventStore",
    "store_from",
]
