"""Workers over taskiq and Redis: webhook → task → sync → SQLite. A worker can be
killed at any time.

    uvicorn --factory examples.worker:receiver
    taskiq worker examples.worker:broker --ack-type when_executed      # as many as you like

Both read `REDIS_URL`; the receiver `STRIPE_WEBHOOK_SECRET`; the workers
`STRIPE_API_KEY`, `STRIPE_BASE_URL` and `LEDGER`."""

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
    AccountEvent,
    AccountRefreshedTransactions,
    UnknownEvent,
    webhook_endpoint,
)

TASK = "sync_account"


def broker() -> AsyncBroker:
    """Return the broker, with its one task."""
    streams = RedisStreamBroker(
        os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"),
        # From the first message on, also of those that came before the first worker.
        consumer_id="0",
        # The task of a worker that was killed is another's after this time; its lock,
        # too.
        idle_timeout=int(os.environ.get("IDLE_MILLISECONDS", "60000")),
        unacknowledged_lock_timeout=10,
        xread_block=500,
        xread_count=1,
    )
    streams.add_event_handler(TaskiqEvents.WORKER_STARTUP, open_client)
    streams.add_event_handler(TaskiqEvents.WORKER_SHUTDOWN, close_client)
    streams.register_task(sync_account, TASK)
    return streams


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
    """Bring the ledger up to date with one account, however many workers try to."""
    while True:
        try:
            await sync(context.state.client, context.state.ledger, account)
        except OvertakenError:
            continue  # another worker is further: go on from there
        return


def receiver() -> Starlette:
    """Return the application that Stripe sends its events to, at /stripe."""
    tasks = broker()

    async def on_event(event: AccountEvent | UnknownEvent) -> None:
        match event:
            case AccountRefreshedTransactions() if event.data and event.data.object:
                task = tasks.find_task(TASK)
                assert task is not None  # noqa: S101 - broker() has registered it
                await task.kiq(event.data.object.id)
            case _:
                pass

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None, None]:
        await tasks.startup()
        yield
        await tasks.shutdown()

    route = Route(
        "/stripe", webhook_endpoint(os.environ["STRIPE_WEBHOOK_SECRET"], on_event)
    )
    return Starlette(routes=[route], lifespan=lifespan)
