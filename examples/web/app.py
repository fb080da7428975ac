"""The application: the page, its API, the webhook endpoint and the health check."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from html import escape
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import anyio
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.routing import Route

from examples.web.database import open_database
from examples.web.inbox import Inbox
from examples.web.routes import Stored, router
from examples.web.settings import Settings
from financial_connections import (
    APIStatusError,
    AsyncClient,
    FinancialConnectionsError,
)
from financial_connections.webhooks import Event, webhook_endpoint

STATIC = Path(__file__).parent / "static"
# Texts for the user. Stripe rejects a refresh that is too early, for example.
CLIENT_ERRORS = {
    HTTPStatus.BAD_REQUEST: "this is not possible now; try again in a minute",
    HTTPStatus.NOT_FOUND: "this account no longer exists",
}
UNAVAILABLE = "the service is not available; try again later"

log = logging.getLogger("web")


def create_app(
    settings: Settings, open_client: Callable[[], AsyncClient] = AsyncClient
) -> FastAPI:
    """Return the application, which opens its client and database when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
        database = await open_database(settings.database_url)
        try:
            async with open_client() as client, anyio.create_task_group() as tasks:
                await client.warm()
                app.state.database, app.state.client = database, client
                app.state.inbox = inbox = Inbox(database)
                tasks.start_soon(inbox.empty_forever, client)
                yield
                # An event whose handling is cancelled stays in the inbox.
                tasks.cancel_scope.cancel()
        finally:
            await database.aclose()

    async def on_event(event: Event) -> None:
        await app.state.inbox.add(event)

    app = FastAPI(title="Spending", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.settings = settings
    app.include_router(router)
    app.add_api_route("/", show_page, response_class=HTMLResponse)
    app.add_api_route("/healthz", check_health)
    endpoint = webhook_endpoint(settings.webhook_secrets, on_event)
    app.router.routes.append(Route("/stripe", endpoint))
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_exception_handler(FinancialConnectionsError, handle_error)
    app.middleware("http")(add_headers)
    return app


async def show_page(request: Request) -> HTMLResponse:
    """Return the page with the URL of Stripe.js and the publishable key."""
    settings: Settings = request.app.state.settings
    page = await anyio.Path(STATIC / "index.html").read_text()
    page = page.replace("STRIPE_JS", escape(settings.stripe_js))
    return HTMLResponse(page.replace("STRIPE_KEY", escape(settings.publishable_key)))


async def check_health(database: Stored) -> JSONResponse:
    """Respond with 200 if the database can be reached, otherwise with 503."""
    query = "SELECT count(*) FROM inbox WHERE done_at IS NULL"
    try:
        async with database.transaction() as transaction:
            [(pending,)] = await transaction.execute(query)
    except Exception as error:  # noqa: BLE001 - whatever the driver raises
        log.warning("unhealthy", extra={"error": type(error).__name__})
        return JSONResponse({"status": "unavailable"}, HTTPStatus.SERVICE_UNAVAILABLE)
    return JSONResponse({"status": "ok", "pending_events": pending})


async def handle_error(_: Request, error: Exception) -> JSONResponse:
    """Respond with 400 or 404 if Stripe did, otherwise with 502, without details."""
    status = HTTPStatus.BAD_GATEWAY
    if isinstance(error, APIStatusError) and error.status in CLIENT_ERRORS:
        status = HTTPStatus(error.status)
    request_id = getattr(error, "request_id", None)
    fields = {"error": type(error).__name__, "request": request_id}
    log.warning("call failed", extra=fields)
    detail = CLIENT_ERRORS.get(status, UNAVAILABLE)
    return JSONResponse({"detail": detail}, status)


async def add_headers(
    request: Request, respond: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Allow the page to load only its own files and Stripe.js."""
    settings: Settings = request.app.state.settings
    response = await respond(request)
    url = urlsplit(settings.stripe_js)
    stripe = f"{url.scheme}://{url.netloc}"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; script-src 'self' {stripe}; frame-src {stripe}"
        " https://hooks.stripe.com; connect-src 'self' https://api.stripe.com;"
        " img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"
    )
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
