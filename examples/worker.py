"""Workers that sync accounts, using taskiq and Redis.

The receiver turns each webhook event into a task, and a worker syncs the account into
SQLite. Both can be killed at any time. Run one receiver and any number of workers:

    pip install uvicorn taskiq taskiq-redis
    uvicorn --factory examples.worker:receiver
    taskiq worker examples.worker:broker --ack-type when_executed

Both read `REDIS_URL`. The receiver also reads `STRIPE_WEBHOOK_SECRET`, and the workers
read `STRIPE_API_KEY`, `STRIPE_BASE_URL` and `LEDGER`.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from starlette.applications import Starlette
from starlette.routing import Route
from taskiq import AsyncBroker, Context, TaskiqDepends, TaskiqEvents, TaskiqState
from taskiq_redis import RedisStreamBroker

from examples.ledger import Ledger, OvertakenError, sync
from financial_connections import AsyncClient
from financial_connections.webhooks import (
    AccountRefreshedTransactions,
    Event,
    webhook_endpoint,
)

TASK = "sync_account"


def broker() -> AsyncBroker:
    """Return a broker with the task registered."""
    redis_broker = RedisStreamBroker(
        os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"),
        # Start with the first message, even if it was sent before any worker started.
        consumer_id="0",
        # After this time, another worker takes over the task and the lock of a killed
        # worker.
        idle_timeout=int(os.environ.get("IDLE_MILLISECONDS", "60000")),
        unacknowledged_lock_timeout=10,
        xread_block=500,
        xread_count=1,
    )
    redis_broker.add_event_handler(TaskiqEvents.WORKER_STARTUP, open_client)
    redis_broker.add_event_handler(TaskiqEvents.WORKER_SHUTDOWN, close_client)
    redis_broker.register_task(sync_account, TASK)
    return redis_broker


async def open_client(state: TaskiqState) -> None:
    state.client = AsyncClient(
        base_url=os.environ.get("STRIPE_BASE_URL", "https://api.stripe.com")
    )
    state.ledger = Ledger(Path(os.environ["LEDGER"]))


async def close_client(state: TaskiqState) -> None:
    await state.client.aclose()


async def sync_account(
    account: str, context: Annotated[Context, TaskiqDepends()]
) -> None:
    """Sync an account that other workers may be syncing at the same time."""
    while True:
        try:
            await sync(context.state.client, context.state.ledger, account)
        except OvertakenError:
            continue  # another worker is ahead, so resume from its cursor
        return


def receiver() -> Starlette:
    """Return an application that receives Stripe's events at `/stripe`."""
    redis_broker = broker()

    async def on_event(event: Event) -> None:
        match event:
            case AccountRefreshedTransactions():
                task = redis_broker.find_task(TASK)
                assert task is not None  # noqa: S101 - registered by broker()
                await task.kiq(event.data.object.id)
            case _:
                pass

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None, None]:
        await redis_broker.startup()
        yield
        await redis_broker.shutdown()

    route = Route(
        "/stripe", webhook_endpoint(os.environ["STRIPE_WEBHOOK_SECRET"], on_event)
    )
    return Starlette(routes=[route], lifespan=lifespan)
