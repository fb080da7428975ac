"""Each kind of event store, and the databases they use."""

import time
from contextlib import contextmanager
from itertools import count

import psycopg
import redis

from financial_connections.webhooks import (
    PostgresEventStore,
    RecentEvents,
    RedisEventStore,
    SQLiteEventStore,
)

STORES = ["memory", "sqlite", "redis", "postgres"]
SHARED_STORES = STORES[1:]
RETENTION = 1_000.0
numbers = count()


class StoreBackend:
    """The database and clock of a store that several workers open."""

    def __init__(self, name, address):
        self.name = name
        self.address = address
        self.now = time.time()
        self.opened = []
        self.prefix = f"{next(numbers)}:"

    def open(self):
        """Open the store for another worker; an in-memory store is shared by all."""
        arguments = {"clock": lambda: self.now, "retention": RETENTION}
        match self.name:
            case "memory":
                self.opened = self.opened or [RecentEvents(clock=lambda: self.now)]
                return self.opened[0]
            case "sqlite":
                store = SQLiteEventStore(self.address, **arguments)
            case "redis":
                store = RedisEventStore(self.address, prefix=self.prefix, **arguments)
            case "postgres":
                store = PostgresEventStore(self.address, table=self.table, **arguments)
        self.opened.append(store)
        return store

    def advance(self, seconds, keys=None):
        """Advance the clock. Redis has its own clock, so its keys are aged instead."""
        self.now += seconds
        if self.name == "redis":
            with redis.Redis.from_url(self.address) as client:
                for key in client.keys(keys or f"{self.prefix}*"):
                    client.pexpire(key, client.pttl(key) - round(seconds * 1_000))

    def close(self):
        for store in self.opened:
            if self.name != "memory":
                (store._client if self.name == "redis" else store._database).close()


@contextmanager
def open_backend(name, servers, folder):
    backend = StoreBackend(
        name,
        folder / f"{next(numbers)}.sqlite"
        if name in {"memory", "sqlite"}
        else servers[name],
    )
    backend.table = f"events_{next(numbers)}"
    try:
        yield backend
    finally:
        backend.close()


@contextmanager
def empty_backend(name, servers, folder):
    """Yield the address of an empty database."""
    if name == "sqlite":
        yield folder / "events.sqlite"
        return
    if name == "redis":
        with redis.Redis.from_url(servers[name]) as client:
            client.flushall()
    else:
        with psycopg.connect(servers[name], autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS stripe_events")
    yield servers[name]
