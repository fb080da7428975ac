"""The web application of the examples, with a sandbox."""

from contextlib import asynccontextmanager

import anyio
import httpx

from examples.web.app import create_app
from examples.web.settings import Settings
from financial_connections import AsyncClient
from financial_connections.sandbox.http.app import application

SECRET = "whsec_of_the_test"
WEBHOOK = "http://127.0.0.1:8000/stripe"
PASSWORD = "correct horse"


def new_settings(database_url, **changes):
    return Settings(
        webhook_secrets=[SECRET],
        session_secret="s" * 32,
        publishable_key="pk_test_1",
        database_url=database_url,
        **changes,
    )


@asynccontextmanager
async def running(settings, sandbox):
    """Run the application, and yield a function that opens a browser without cookies.

    Requests and events go through no socket.
    """
    http = httpx.AsyncClient(transport=httpx.ASGITransport(application(sandbox)))

    def open_client():
        return AsyncClient(
            sandbox.api_key, base_url="http://127.0.0.1", http_client=http
        )

    app = create_app(settings, open_client)

    def open_browser():
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="https://127.0.0.1:8000"
        )

    async with http, app.router.lifespan_context(app):
        open_browser.app = app
        yield open_browser


async def sign_up(browser, email="ada@example.com"):
    response = await browser.post(
        "/api/users", json={"email": email, "password": PASSWORD}
    )
    assert 201 == response.status_code
    return response


async def link(browser, sandbox, accounts=None):
    """Link accounts as a user of the page does, and return their IDs."""
    secret = (await browser.post("/api/sessions")).json()["client_secret"]
    session = sandbox._state.find_session(secret)[1].id
    linked = sandbox.complete(session, accounts)
    response = await browser.post("/api/links", json={"session": session})
    assert {"accounts": len(linked)} == response.json()
    return linked


async def overview(browser):
    return (await browser.get("/api/overview")).json()


async def until_handled(browser, sandbox):
    """Deliver all events, and wait until the application has handled them."""
    deliveries = True
    while deliveries:
        deliveries = await sandbox.deliver_webhooks(browser)
        with anyio.fail_after(50):
            while (await browser.get("/healthz")).json()["pending_events"]:
                await anyio.lowlevel.checkpoint()
