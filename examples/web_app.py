"""A FastAPI application: link accounts, list them, and keep their transactions up to
date by webhooks.

    STRIPE_API_KEY=sk_test_… STRIPE_WEBHOOK_SECRET=whsec_… uvicorn --factory examples.web_app:app_from_environment

`POST /sessions` gives a browser the client secret to link accounts with; `GET
/accounts` lists them; Stripe sends its events to `POST /stripe`; `GET /totals` shows
what has been synced."""

import logging
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.routing import Route

from examples.ledger import Ledger, sync
from financial_connections import (
    APIStatusError,
    AsyncClient,
    FinancialConnectionsError,
    NotFoundError,
)
from financial_connections.webhooks import (
    AccountEvent,
    AccountRefreshedTransactions,
    UnknownEvent,
    webhook_endpoint,
)

log = logging.getLogger("example")


async def sync_as_told(
    client: AsyncClient, ledger: Ledger, told: MemoryObjectReceiveStream[str]
) -> None:
    """Sync one account after the other. What fails is taken up by its next event, and
    by a nightly run.
    """
    async with told:
        async for account in told:
            try:
                await sync(client, ledger, account)
            except FinancialConnectionsError as error:
                log.warning("%s is not synced: %s", account, error)


def client_of(request: Request) -> AsyncClient:
    client: AsyncClient = request.app.state.client
    return client


Client = Annotated[AsyncClient, Depends(client_of)]


async def create_session(client: Client, customer: str) -> dict[str, str | None]:
    session = await client.sessions.create(
        account_holder={"type": "customer", "customer": customer},
        permissions=["balances", "transactions"],
        prefetch=["transactions"],
    )
    return {"id": session.id, "client_secret": session.client_secret}


async def list_accounts(client: Client, customer: str) -> list[dict[str, str | None]]:
    accounts = client.accounts.list(account_holder={"customer": customer})
    return [
        {
            "id": account.id,
            "institution": account.institution_name,
            "last4": account.last4,
            "status": account.status,
        }
        async for account in accounts
    ]


async def retrieve_account(client: Client, account: str) -> dict[str, object]:
    try:
        found = await client.accounts.retrieve(account)
    except NotFoundError:
        raise HTTPException(404, "no such account") from None
    return {
        "id": found.id,
        "status": found.status,
        "balance": found.balance and found.balance.current,
    }


async def show_totals(request: Request) -> dict[str, tuple[int, int]]:
    ledger: Ledger = request.app.state.ledger
    return ledger.totals()


async def refuse(_: Request, error: Exception) -> JSONResponse:
    """Answer for the API: what a client of ours did wrong is 400, all else is not its
    fault.
    """
    status = 400 if isinstance(error, APIStatusError) and error.status == 400 else 502  # noqa: PLR2004
    return JSONResponse({"error": type(error).__name__}, status)


def create_app(client: AsyncClient, ledger: Ledger, webhook_secret: str) -> FastAPI:
    """Return the application. It closes the client when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
        inbox, told = anyio.create_memory_object_stream[str](1_000)
        app.state.client, app.state.ledger, app.state.inbox = client, ledger, inbox
        # In the end the inbox closes first, and what is in it is still synced.
        async with client, anyio.create_task_group() as tasks, inbox:
            tasks.start_soon(sync_as_told, client, ledger, told)
            yield

    async def on_event(event: AccountEvent | UnknownEvent) -> None:
        # Only noted down: Stripe wants its answer at once. When there is no room, the
        # error makes it come again.
        match event:
            case AccountRefreshedTransactions() if (
                event.data and event.data.object and event.data.object.id
            ):
                app.state.inbox.send_nowait(event.data.object.id)
            case _:
                log.info("%s is of no interest", event.type)

    app = FastAPI(lifespan=lifespan)
    app.add_api_route("/sessions", create_session, methods=["POST"])
    app.add_api_route("/accounts", list_accounts)
    app.add_api_route("/accounts/{account}", retrieve_account)
    app.add_api_route("/totals", show_totals)
    app.router.routes.append(
        Route("/stripe", webhook_endpoint(webhook_secret, on_event))
    )
    app.add_exception_handler(FinancialConnectionsError, refuse)
    return app


def app_from_environment() -> FastAPI:
    ledger = Ledger(Path(os.environ.get("LEDGER", "ledger.db")))
    return create_app(AsyncClient(), ledger, os.environ["STRIPE_WEBHOOK_SECRET"])
