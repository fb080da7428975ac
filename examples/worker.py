"""Workers that sync accounts, using taskiq, Redis and PostgreSQL.

PostgreSQL records which accounts are due. Redis only wakes up the workers, so it may
lose or repeat messages, and a worker can be killed at any time. Run a receiver for
Stripe's events, and any number of workers:

    pip install 'path/to/financial-connections[fleet]'
    pip install starlette uvicorn taskiq taskiq-redis
    uvicorn --factory examples.worker:receiver
    taskiq worker examples.worker:broker --max-async-tasks 16

Both read `DATABASE_URL`. The receiver also reads `STRIPE_WEBHOOK_SECRET`, and the
workers read `REDIS_URL`, `STRIPE_API_KEY`, `STRIPE_BASE_URL` and `LEASE_SECONDS`.
"""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.routing import Route
from taskiq import TaskiqEvents, TaskiqState
from taskiq_redis import ListQueueBroker

from financial_connections import AsyncClient
from financial_connections.fleet import PostgresStore, event_handler, sync_slice
from financial_connections.webhooks import webhook_endpoint

QUEUE = "sync_accounts"
BOUND = 200
"""Maximum number of queued accounts."""
FEED_SECONDS = 1.0

logger = logging.getLogger(__name__)
# A message needs no acknowledgement, because the table knows what is still due.
broker = ListQueueBroker(
    os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"),
    queue_name=QUEUE,
    socket_timeout=None,  # a worker may wait long for a message
    socket_keepalive=True,
)


@broker.task
async def sync_account(account: str) -> None:
    """Sync an account, unless it is not due or another worker is syncing it."""
    try:
        await sync_slice(broker.state.client, broker.state.store, account)
    except Exception as error:  # noqa: BLE001 - the account is still due
        # Without its message, which can quote a row of the database.
        logger.warning("syncing %s failed: %s", account, type(error).__name__)


async def feed(store: PostgresStore, redis: Redis) -> None:
    """Queue accounts that are due once all accounts in the queue have been taken.

    Only one worker does so at a time.
    """
    milliseconds = int(FEED_SECONDS * 1_000)
    is_feeder = await redis.set(f"{QUEUE}_feeder", 1, nx=True, px=milliseconds)
    if is_feeder and not await redis.exists(QUEUE):
        for account in await store.due(BOUND):
            await sync_account.kiq(account)


async def feed_forever(store: PostgresStore) -> None:
    redis = Redis(connection_pool=broker.connection_pool)
    while True:
        try:
            await feed(store, redis)
        except Exception as error:  # noqa: BLE001 - the servers may come back
            logger.warning("feeding the queue failed: %s", type(error).__name__)
        await asyncio.sleep(FEED_SECONDS)


@broker.on_event(TaskiqEvents.WORKER_STARTUP)
async def start(state: TaskiqState) -> None:
    state.opened = opened = AsyncExitStack()
    state.client = await opened.enter_async_context(AsyncClient())
    lease = float(os.environ.get("LEASE_SECONDS", "30"))
    store = PostgresStore(os.environ["DATABASE_URL"], lease=lease)
    state.store = await opened.enter_async_context(store)
    await store.migrate()
    state.feeder = asyncio.create_task(feed_forever(store))


@broker.on_event(TaskiqEvents.WORKER_SHUTDOWN)
async def stop(state: TaskiqState) -> None:
    state.feeder.cancel()
    with suppress(asyncio.CancelledError):
        await state.feeder
    await state.opened.aclose()


def receiver() -> Starlette:
    """Return an application that receives Stripe's events at `/stripe`."""
    store = PostgresStore(os.environ["DATABASE_URL"])

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None, None]:
        async with store:
            await store.migrate()
            yield

    secret = os.environ["STRIPE_WEBHOOK_SECRET"]
    route = Route("/stripe", webhook_endpoint(secret, event_handler(store)))
    return Starlette(routes=[route], lifespan=lifespan)
