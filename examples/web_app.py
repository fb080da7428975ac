"""A FastAPI application that links accounts and syncs their transactions.

    pip install fastapi uvicorn
    export STRIPE_API_KEY=sk_test_… STRIPE_WEBHOOK_SECRET=whsec_…
    uvicorn --factory examples.web_app:app_from_environment

* `POST /sessions` returns the client secret the browser needs to link accounts.
* `GET /accounts` lists a customer's accounts, `GET /accounts/{account}` returns one,
  and `GET /accounts/{account}/transactions` lists its latest transactions.
* `POST /stripe` receives events from Stripe. It starts a sync after each refresh, and
  logs which accounts have lost access or are about to.
* `GET /totals` summarizes the transactions that have been synced.
* `GET /docs` shows the operations and the fields of their results.

The application does not authenticate its users: a real one must check that the
customer belongs to the authenticated user.
"""

import logging
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.routing import Route

from examples.ledger import Ledger, sync
from financial_connections import (
    APIStatusError,
    AsyncClient,
    FinancialConnectionsError,
)
from financial_connections.models import Account, Transaction
from financial_connections.webhooks import (
    AccountDeactivated,
    AccountRefreshedTransactions,
    AccountUpcomingDeactivation,
    Event,
    webhook_endpoint,
)

CLIENT_ERRORS = {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}

log = logging.getLogger("example")


async def sync_accounts(
    client: AsyncClient, ledger: Ledger, queue: MemoryObjectReceiveStream[str]
) -> None:
    """Sync each account that arrives in the queue.

    A failed sync is not retried here, but on the account's next event or by a nightly
    run.
    """
    async with queue:
        async for account in queue:
            try:
                await sync(client, ledger, account)
            except FinancialConnectionsError as error:
                log.warning("syncing %s failed: %s", account, error)


def get_client(request: Request) -> AsyncClient:
    client: AsyncClient = request.app.state.client
    return client


Client = Annotated[AsyncClient, Depends(get_client)]


async def create_session(client: Client, customer: str) -> dict[str, str | None]:
    session = await client.sessions.create(
        account_holder={"type": "customer", "customer": customer},
        permissions=["balances", "transactions"],
        prefetch=["transactions"],
    )
    return {"id": session.id, "client_secret": session.client_secret}


async def list_accounts(client: Client, customer: str) -> list[Account]:
    return await client.accounts.list(account_holder={"customer": customer}).collect(
        max_items=1_000
    )


async def retrieve_account(client: Client, account: str) -> Account:
    return await client.accounts.retrieve(account)


async def list_transactions(client: Client, account: str) -> list[Transaction]:
    """Return the account's latest transactions."""
    page = await client.transactions.list(account=account, limit=100)
    return page.data


async def show_totals(request: Request) -> dict[str, tuple[int, int]]:
    ledger: Ledger = request.app.state.ledger
    return ledger.totals()


async def handle_error(_: Request, error: Exception) -> JSONResponse:
    """Log an error, and respond with 400 or 404 if Stripe did, otherwise with 502."""
    log.warning("%s: %s", type(error).__name__, error)
    status = HTTPStatus.BAD_GATEWAY
    if isinstance(error, APIStatusError) and error.status in CLIENT_ERRORS:
        status = HTTPStatus(error.status)
    return JSONResponse({"error": type(error).__name__}, status)


def create_app(client: AsyncClient, ledger: Ledger, webhook_secret: str) -> FastAPI:
    """Return the application, which closes the client when it shuts down."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
        send_queue, receive_queue = anyio.create_memory_object_stream[str](1_000)
        app.state.client, app.state.ledger, app.state.queue = client, ledger, send_queue
        # On shutdown, the queue is closed first; accounts already in it are still
        # synced.
        async with client, anyio.create_task_group() as tasks, send_queue:
            tasks.start_soon(sync_accounts, client, ledger, receive_queue)
            yield

    async def on_event(event: Event) -> None:
        # Only queue the account, because Stripe expects a prompt response. If the queue
        # is full, the error makes Stripe deliver the event again.
        match event:
            case AccountRefreshedTransactions():
                app.state.queue.send_nowait(event.data.object.id)
            case AccountUpcomingDeactivation():
                log.warning("access to %s will end", event.data.object.id)
            case AccountDeactivated():
                log.warning("access to %s has ended", event.data.object.id)
            case _:
                log.info("ignored %s", event.type)

    app = FastAPI(lifespan=lifespan)
    app.add_api_route("/sessions", create_session, methods=["POST"])
    app.add_api_route("/accounts", list_accounts)
    app.add_api_route("/accounts/{account}", retrieve_account)
    app.add_api_route("/accounts/{account}/transactions", list_transactions)
    app.add_api_route("/totals", show_totals)
    app.router.routes.append(
        Route("/stripe", webhook_endpoint(webhook_secret, on_event))
    )
    app.add_exception_handler(FinancialConnectionsError, handle_error)
    return app


def app_from_environment() -> FastAPI:
    ledger = Ledger(Path(os.environ.get("LEDGER", "ledger.db")))
    return create_app(AsyncClient(), ledger, os.environ["STRIPE_WEBHOOK_SECRET"])
